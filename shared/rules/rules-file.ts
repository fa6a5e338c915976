// shared/rules/rules-file.ts: the YAML in which lists and rules beside the model are written; every problem with line and field.
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { reasonSentences } from '../domain/reason-code.ts';
import { type RulesProblem, toRulesError } from './rules-problem.ts';

/** What a list is about: the field of a transaction that is looked up in it. */
export const listFields = [
  'card',
  'account',
  'customer',
  'merchant',
  'terminal',
  'device',
  'country',
  'ipCountry',
  'bin',
] as const;
export type ListField = (typeof listFields)[number];

/** More than this in the YAML itself is slow to read at every change. */
const MOST_INLINE_VALUES = 1_000;

/** Names the entry in decisions, metrics and reports: stable, never reused for something else. */
const code = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{2,63}$/, 'expected 3 to 64 capital letters, digits and _')
  .refine((text) => !(text in reasonSentences), 'is a reason code of the model: choose another');
const sentence = z.string().min(1).max(200);
/** True: counted, and named in the decision, without changing it. */
const shadow = z.boolean().default(false);

const listSchema = z
  .strictObject({
    code,
    effect: z.enum(['block', 'allow']),
    field: z.enum(listFields),
    /** In the file itself, for a handful. */
    values: z
      .array(z.string())
      .min(1)
      .max(MOST_INLINE_VALUES, 'too many for this file: use `file`')
      .optional(),
    /** One value per line, `#` starts a comment line; relative to the rules file. */
    file: z.string().min(1).optional(),
    /** Only transactions of these portfolios; absent: all. */
    portfolios: z.array(z.string().min(1)).min(1).optional(),
    sentence,
    shadow,
  })
  .refine(({ values, file }) => (values === undefined) !== (file === undefined), {
    message: 'expected either `values` or `file`',
  });

const ruleSchema = z.strictObject({
  code,
  effect: z.enum(['decline', 'review']),
  /** CEL over the fields of the transaction and `feature.<name>`; gives true or false. */
  when: z.string().min(1).max(2_000),
  sentence,
  shadow,
});

export const rulesFileSchema = z
  .strictObject({
    version: z.literal(1),
    lists: z.array(listSchema).max(100).default([]),
    rules: z.array(ruleSchema).max(200).default([]),
  })
  .superRefine(({ lists, rules }, context) => {
    const seen = new Set<string>();
    const look = (key: 'lists' | 'rules', entries: readonly { code: string }[]): void => {
      for (const [index, entry] of entries.entries()) {
        if (seen.has(entry.code)) {
          const path = [key, index, 'code'];
          context.addIssue({ code: 'custom', path, message: 'the code is taken already' });
        }
        seen.add(entry.code);
      }
    };
    look('lists', lists);
    look('rules', rules);
  });

export type RulesFile = z.infer<typeof rulesFileSchema>;
export type ListEntry = RulesFile['lists'][number];
export type RuleEntry = RulesFile['rules'][number];

/** A file that was read, and where its fields stand. */
export interface ParsedRules {
  readonly rules: RulesFile;
  /** From 1; of the nearest field above where the path itself is not written. */
  lineOf(path: readonly PropertyKey[]): number;
}

/**
 * @param file as it is named in problems
 * @throws AppError FRAUD_RULES_INVALID naming file, line and field of every problem
 */
export function parseRulesFile(text: string, file: string): ParsedRules {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  if (document.errors.length > 0) {
    throw toRulesError(
      document.errors.map(({ pos, message }) => ({ file, line: lineAt(pos[0]), field: '', message })),
    );
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (hasRange(node)) return lineAt(node.range[0]);
    }
    return 1;
  };
  const result = rulesFileSchema.safeParse(document.toJS());
  if (result.success) return { rules: result.data, lineOf };
  throw toRulesError(
    result.error.issues.map(
      ({ path, message }): RulesProblem => ({ file, line: lineOf(path), field: path.join('.'), message }),
    ),
  );
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

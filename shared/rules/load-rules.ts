// shared/rules/load-rules.ts: a rules file and the lists it names → one compiled, digested set; all problems at once.
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ListLine, readListLines, whyNotInList } from './list-values.ts';
import { createMembership } from './membership.ts';
import { compileExpression } from './rule-expression.ts';
import { type CompiledEntry, createRuleSet, type RuleSet } from './rule-set.ts';
import { type ListEntry, type ParsedRules, parseRulesFile, type RuleEntry } from './rules-file.ts';
import { type RulesProblem, toRulesError } from './rules-problem.ts';

/** Hex characters kept of a digest. */
const DIGEST_LENGTH = 16;
/** Values judged before others have their turn: a long list is read while decisions go on, a few milliseconds at a time. */
const VALUES_PER_TURN = 4_000;

/** Read once, with the files it was read from: they are what has to be watched. */
export interface LoadedRules {
  readonly ruleSet: RuleSet;
  /** Lists included. */
  readonly files: readonly string[];
}

interface LoadedList {
  readonly entry: CompiledEntry;
  /** Of its values: comments and repeats do not matter. */
  readonly valuesDigest: string;
  readonly files: readonly string[];
}

/** @throws AppError FRAUD_RULES_INVALID naming every problem by file, line and field */
export async function loadRules(file: string): Promise<LoadedRules> {
  const text = await readText(file);
  if (text === undefined) throw toRulesError([unreadable(file)]);
  const parsed = parseRulesFile(text, file);
  const problems: RulesProblem[] = [];
  const lists: LoadedList[] = [];
  for (const [index, list] of parsed.rules.lists.entries()) {
    lists.push(await loadList({ list, index, parsed, file }, problems));
  }
  const rules = parsed.rules.rules.flatMap((rule, index) => {
    const entry = compileRule(rule);
    if (typeof entry !== 'string') return [entry];
    const path = ['rules', index, 'when'];
    problems.push({ file, line: parsed.lineOf(path), field: path.join('.'), message: entry });
    return [];
  });
  if (problems.length > 0) throw toRulesError(problems);
  const digest = digestOf(parsed, lists);
  const entries = [...lists.map(({ entry }) => entry), ...rules];
  return {
    ruleSet: createRuleSet(digest, entries),
    files: [file, ...lists.flatMap(({ files }) => files)],
  };
}

interface ListInFile {
  readonly list: ListEntry;
  readonly index: number;
  readonly parsed: ParsedRules;
  /** The rules file. */
  readonly file: string;
}

async function loadList(written: ListInFile, problems: RulesProblem[]): Promise<LoadedList> {
  const { list, index, parsed, file } = written;
  const { code, effect, sentence, shadow, field, portfolios } = list;
  const listFile = list.file === undefined ? undefined : resolve(dirname(file), list.file);
  const lines = listFile === undefined ? inlineLines(written) : await fileLines(listFile);
  if (lines === undefined) {
    const path = ['lists', index, 'file'];
    problems.push({ ...unreadable(file), line: parsed.lineOf(path), field: path.join('.') });
  }
  for (const [at, { line, value }] of (lines ?? []).entries()) {
    if (at % VALUES_PER_TURN === VALUES_PER_TURN - 1) await nextTurn();
    const message = whyNotInList(field, value);
    const place = listFile === undefined ? `lists.${index}.values` : '';
    if (message !== undefined) problems.push({ file: listFile ?? file, line, field: place, message });
  }
  const values = new Set<string>();
  for (const { value } of lines ?? []) values.add(value);
  await nextTurn();
  const isMember = createMembership(field, values, portfolios);
  return {
    entry: {
      code,
      effect,
      sentence,
      shadow,
      about: field,
      test: { kind: 'list', isMember, size: values.size },
    },
    valuesDigest: hash('sha256', [...values].join('\n'), 'hex'),
    files: listFile === undefined ? [] : [listFile],
  };
}

function inlineLines({ list, index, parsed }: ListInFile): ListLine[] {
  return (list.values ?? []).map((value, at) => ({
    value,
    line: parsed.lineOf(['lists', index, 'values', at]),
  }));
}

async function fileLines(file: string): Promise<ListLine[] | undefined> {
  const text = await readText(file);
  return text === undefined ? undefined : readListLines(text);
}

/** Why it cannot be compiled, as text. */
function compileRule({ code, effect, sentence, shadow, when }: RuleEntry): CompiledEntry | string {
  const expression = compileExpression(when);
  if (expression.kind === 'refused') return expression.why;
  return { code, effect, sentence, shadow, about: when, test: { kind: 'rule', expression } };
}

/** Comments, spacing, the order of keys, and where a list is written do not matter. */
function digestOf({ rules }: ParsedRules, lists: readonly LoadedList[]): string {
  const content = {
    ...rules,
    lists: rules.lists.map(({ values: _values, file: _file, ...list }, index) => ({
      ...list,
      valuesDigest: lists[index]?.valuesDigest,
    })),
  };
  return hash('sha256', JSON.stringify(content), 'hex').slice(0, DIGEST_LENGTH);
}

/** Undefined when it cannot be read. */
async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

const unreadable = (file: string): RulesProblem => ({
  file,
  line: 1,
  field: '',
  message: 'the file cannot be read: check its path and permissions',
});

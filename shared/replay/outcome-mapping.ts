// shared/replay/outcome-mapping.ts: how a foreign table of disputes, reports or verdicts becomes outcome drafts: a small YAML file, checked by zod.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../config/package-root.ts';
import { AppError } from '../errors.ts';

/** Fields a column, a constant or a translated value can fill; times have entries of their own. */
export const outcomeFields = [
  'outcomeId',
  'action',
  'kind',
  'evidenceId',
  'transactionId',
  'portfolioId',
  'cardToken',
  'merchantKey',
  'accountId',
  'label',
  'fraudType',
  'disputeReasonCode',
  'source',
  'author',
] as const;
export type OutcomeField = (typeof outcomeFields)[number];

const fieldName = z.enum(outcomeFields);
const column = z.string().min(1);
const timeSchema = z.strictObject({
  column,
  /** `iso`, `epoch-seconds`, `epoch-milliseconds`, or a strptime pattern such as `%d.%m.%Y`. */
  format: z
    .string()
    .regex(/^(iso|epoch-seconds|epoch-milliseconds|.*%.*)$/, 'expected iso, epoch-… or a % pattern'),
});

export const outcomeMappingSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected small letters, digits and dashes'),
    description: z.string().min(1),
    /** When it became known to the sender. */
    labeledAt: timeSchema,
    /** Left out: looked up by the transaction id. */
    transactionTime: timeSchema.optional(),
    /** IANA zone of times that carry none. */
    zone: z.string().default('UTC'),
    fields: z.partialRecord(
      fieldName,
      z.union([
        z.strictObject({ constant: z.string().min(1) }),
        z.strictObject({ column, prefix: z.string().optional() }),
      ]),
    ),
    /** Column → value → fields it stands for, e.g. a status that tells action and label. */
    values: z
      .record(
        column,
        z.strictObject({
          map: z.record(z.string(), z.partialRecord(fieldName, z.string())),
          /** A value that is not in the map. */
          otherwise: z.enum(['refuse', 'missing']).default('refuse'),
        }),
      )
      .default({}),
  })
  .refine(({ fields }) => fields.transactionId !== undefined, 'expected transactionId among the fields');
export type OutcomeMapping = z.infer<typeof outcomeMappingSchema>;

/**
 * Reads a mapping of outcomes.
 * @param fileOrName a YAML file, or the name of one in infra/mappings
 * @throws AppError FRAUD_INPUT_INVALID listing every problem at once
 */
export function loadOutcomeMapping(fileOrName: string): OutcomeMapping {
  const shipped = join(packageRoot, 'infra', 'mappings', `${fileOrName}.yaml`);
  const file = existsSync(fileOrName) ? fileOrName : shipped;
  try {
    return parseOutcomeMapping(readFileSync(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: `Expected a mapping file or the name of one in infra/mappings, got "${fileOrName}".`,
      cause,
    });
  }
}

/** @throws AppError FRAUD_INPUT_INVALID */
export function parseOutcomeMapping(text: string): OutcomeMapping {
  const parsed = outcomeMappingSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'mapping'}: ${message}`,
  );
  throw new AppError('FRAUD_INPUT_INVALID', { detail: `Outcome mapping: ${problems.join('; ')}.` });
}

/** Every column the mapping reads as text, each once. */
export function outcomeColumns({ fields, values }: OutcomeMapping): string[] {
  const named = Object.values(fields).flatMap((source) => ('column' in source ? [source.column] : []));
  return [...new Set([...named, ...Object.keys(values)])];
}

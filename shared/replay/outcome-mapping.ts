// shared/replay/outcome-mapping.ts: how a foreign table of disputes, reports or verdicts becomes outcome drafts: a small YAML file, checked by zod.
import { z } from 'zod';
import {
  column,
  mappingName,
  parseMappingText,
  readMappingFile,
  timeFormat,
  translatedValues,
  zone,
} from './mapping-parts.ts';

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
const timeSchema = z.strictObject({ column, format: timeFormat });

export const outcomeMappingSchema = z
  .strictObject({
    name: mappingName,
    description: z.string().min(1),
    /** When it became known to the sender. */
    labeledAt: timeSchema,
    /** Left out: looked up by the transaction id. */
    transactionTime: timeSchema.optional(),
    zone,
    fields: z.partialRecord(
      fieldName,
      z.union([
        z.strictObject({ constant: z.string().min(1) }),
        z.strictObject({ column, prefix: z.string().optional() }),
      ]),
    ),
    values: translatedValues(outcomeFields),
  })
  .refine(({ fields }) => fields.transactionId !== undefined, 'expected transactionId among the fields');
export type OutcomeMapping = z.infer<typeof outcomeMappingSchema>;

/**
 * Reads a mapping of outcomes.
 * @param fileOrName a YAML file, or the name of one in infra/mappings
 * @throws AppError FRAUD_INPUT_INVALID listing every problem at once
 */
export function loadOutcomeMapping(fileOrName: string): OutcomeMapping {
  return parseOutcomeMapping(readMappingFile(fileOrName));
}

/** @throws AppError FRAUD_INPUT_INVALID */
export function parseOutcomeMapping(text: string): OutcomeMapping {
  return parseMappingText(outcomeMappingSchema, text, 'Outcome mapping');
}

/** Every column the mapping reads as text, each once. */
export function outcomeColumns({ fields, values }: OutcomeMapping): string[] {
  const named = Object.values(fields).flatMap((source) => ('column' in source ? [source.column] : []));
  return [...new Set([...named, ...Object.keys(values)])];
}

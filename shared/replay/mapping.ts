// shared/replay/mapping.ts: how a foreign table becomes transactions: a small YAML file, checked by zod.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../config/package-root.ts';
import { evidenceKinds, fraudTypes } from '../domain/outcome.ts';
import { AppError } from '../errors.ts';
import { isCurrency } from '../features/codes.ts';

/** Fields that a column or a constant can fill. Times, amounts and currencies have entries of their own. */
export const mappableFields = [
  'transactionId',
  'portfolioId',
  'type',
  'originalTransactionId',
  'cardToken',
  'accountId',
  'customerId',
  'merchant.id',
  'merchant.terminalId',
  'merchant.mcc',
  'merchant.country',
  'merchant.city',
  'merchant.name',
  'acquirerId',
  'entryMode',
  'cardPresent',
  'authentication.cvv',
  'authentication.avs',
  'authentication.threeDSecure',
  'authentication.pin',
  'authorizationResponse',
  'deviceId',
  'ipCountry',
  'replacesCardToken',
  'monthsPastDue',
] as const;
export type MappableField = (typeof mappableFields)[number];

const fieldName = z.enum(mappableFields);
const column = z.string().min(1);

const fieldSourceSchema = z.union([
  /** The same for every row. */
  z.strictObject({ constant: z.string().min(1) }),
  z.strictObject({
    column,
    /** Put before the value: makes ids of different makers distinct. */
    prefix: z.string().optional(),
    /** Digits are filled up with zeros on the left: codes that a spreadsheet shortened. */
    width: z.int().min(1).max(32).optional(),
  }),
]);

const amountSchema = z.strictObject({
  column,
  /** `major`: 49.90 (minor units follow from ISO 4217); `minor`: 4990. */
  unit: z.enum(['major', 'minor']),
  /** What a negative amount means. */
  negative: z.enum(['refuse', 'refund']).default('refuse'),
});
const currencySource = z.union([
  z.strictObject({ constant: z.string().refine(isCurrency, 'expected an ISO 4217 currency') }),
  z.strictObject({ column }),
]);

export const mappingSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected small letters, digits and dashes'),
    description: z.string().min(1),
    time: z.strictObject({
      column,
      /** `iso`, `epoch-seconds`, `epoch-milliseconds`, or a strptime pattern such as `%d.%m.%Y %H:%M:%S`. */
      format: z
        .string()
        .regex(/^(iso|epoch-seconds|epoch-milliseconds|.*%.*)$/, 'expected iso, epoch-… or a % pattern'),
      /** IANA zone of times that carry none. */
      zone: z.string().default('UTC'),
    }),
    amount: amountSchema,
    currency: currencySource,
    billing: z.strictObject({ amount: amountSchema, currency: currencySource }).optional(),
    fields: z.partialRecord(fieldName, fieldSourceSchema),
    /** Column → value → fields it stands for, e.g. a category that tells MCC and entry mode. */
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
    label: z
      .strictObject({
        column,
        fraud: z.array(z.string()).min(1),
        genuine: z.array(z.string()).default([]),
        /** When a fraud label counts as known. Genuine ones are never sent: what stays unlabelled matures. */
        knownAfterDays: z.number().min(0),
        evidence: z.enum(evidenceKinds).default('fraud-report'),
        fraudType: z.enum(fraudTypes).optional(),
      })
      .optional(),
    /** Columns left out on purpose (labels of analysis, positions, duplicates): named, so that the report can tell them from forgotten ones. */
    ignoredColumns: z.array(column).default([]),
  })
  .refine(
    ({ fields }) => fields.transactionId && fields.cardToken,
    'expected transactionId and cardToken among the fields',
  );
export type Mapping = z.infer<typeof mappingSchema>;
export type AmountSource = Mapping['amount'];
export type CurrencySource = Mapping['currency'];

/**
 * Reads a mapping.
 * @param fileOrName a YAML file, or the name of one in infra/mappings (`handbook`)
 * @throws AppError FRAUD_INPUT_INVALID listing every problem at once
 */
export function loadMapping(fileOrName: string): Mapping {
  const shipped = join(packageRoot, 'infra', 'mappings', `${fileOrName}.yaml`);
  const file = existsSync(fileOrName) ? fileOrName : shipped;
  return parseMapping(readMappingFile(file, fileOrName), fileOrName);
}

function readMappingFile(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: `Expected a mapping file or the name of one in infra/mappings, got "${name}".`,
      cause,
    });
  }
}

/** @throws AppError FRAUD_INPUT_INVALID listing every problem at once */
export function parseMapping(text: string, name: string): Mapping {
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `Mapping "${name}" is not valid YAML.`, cause });
  }
  const parsed = mappingSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'mapping'}: ${message}`,
  );
  throw new AppError('FRAUD_INPUT_INVALID', { detail: `Mapping "${name}": ${problems.join('; ')}.` });
}

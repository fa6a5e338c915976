// shared/replay/mapping.ts: how a foreign table becomes transactions: a small YAML file, checked by zod.
import { z } from 'zod';
import { evidenceKinds, fraudTypes } from '../domain/outcome.ts';
import { isCurrency } from '../features/codes.ts';
import {
  column,
  mappingName,
  parseMappingText,
  readMappingFile,
  timeFormat,
  translatedValues,
  zone,
} from './mapping-parts.ts';

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
  'bin',
] as const;
export type MappableField = (typeof mappableFields)[number];

const fieldName = z.enum(mappableFields);

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
    name: mappingName,
    description: z.string().min(1),
    time: z.strictObject({ column, format: timeFormat, zone }),
    amount: amountSchema,
    currency: currencySource,
    billing: z.strictObject({ amount: amountSchema, currency: currencySource }).optional(),
    fields: z.partialRecord(fieldName, fieldSourceSchema),
    values: translatedValues(mappableFields),
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
  return parseMapping(readMappingFile(fileOrName), fileOrName);
}

/** @throws AppError FRAUD_INPUT_INVALID listing every problem at once */
export function parseMapping(text: string, name: string): Mapping {
  return parseMappingText(mappingSchema, text, `Mapping "${name}"`);
}

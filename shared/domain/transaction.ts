// shared/domain/transaction.ts: the transaction as card systems send it; one schema, from which type and JSON Schema derive.
import { z } from 'zod';
import { identifierSchema as identifier, textSchema } from './identifier.ts';

/** Decided: a score and a decision are owed. Applied: they change the history and raise nothing of their own. */
export const decidedTypes = ['authorization', 'transfer'] as const;
export const appliedTypes = ['clearing', 'reversal', 'refund', 'statement', 'repayment'] as const;
export const transactionTypes = [...decidedTypes, ...appliedTypes] as const;
export type TransactionType = (typeof transactionTypes)[number];

/** How the card was read. `ecommerce` is card-not-present on the web, `credential-on-file` a stored card. */
export const entryModes = [
  'chip',
  'contactless',
  'magstripe',
  'manual',
  'ecommerce',
  'credential-on-file',
  'wallet',
  'recurring',
  'atm',
  'other',
] as const;
export type EntryMode = (typeof entryModes)[number];

const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code of three capital letters');
const countryCode = z.string().regex(/^[A-Z]{2}$/, 'expected an ISO 3166-1 code of two capital letters');
/** Integer minor units (cents); zero is allowed (account verification). */
const minorUnits = z.int().min(0);

/** Where the money goes. `terminalId` is the device, `id` the merchant. */
export const merchantSchema = z.object({
  id: identifier.optional(),
  terminalId: identifier.optional(),
  mcc: z
    .string()
    .regex(/^\d{4}$/, 'expected a merchant category code of four digits')
    .optional(),
  country: countryCode.optional(),
  city: textSchema.max(64).optional(),
  name: textSchema.max(128).optional(),
});

/** What the authentication checks answered. Absent means not performed or not known. */
export const authenticationSchema = z.object({
  cvv: z.enum(['match', 'mismatch', 'not-provided']).optional(),
  avs: z.enum(['match', 'partial', 'mismatch', 'not-provided']).optional(),
  threeDSecure: z.enum(['authenticated', 'attempted', 'failed', 'not-performed']).optional(),
  pin: z.enum(['verified', 'failed', 'not-performed']).optional(),
});

/** `fraud.transactions.v1`. Only id, event time, card, amount and currency are obligatory. */
export const transactionSchema = z.object({
  transactionId: identifier,
  portfolioId: identifier.default('default'),
  type: z.enum(transactionTypes).default('authorization'),
  originalTransactionId: identifier.optional(),
  /** ISO 8601 with zone. The instant of the payment, not of the message. */
  eventTime: z.iso.datetime({ offset: true }),
  cardToken: identifier,
  accountId: identifier.optional(),
  customerId: identifier.optional(),
  amountMinor: minorUnits,
  currency: currencyCode,
  billingAmountMinor: minorUnits.optional(),
  billingCurrency: currencyCode.optional(),
  merchant: merchantSchema.optional(),
  acquirerId: identifier.optional(),
  entryMode: z.enum(entryModes).optional(),
  cardPresent: z.boolean().optional(),
  authentication: authenticationSchema.optional(),
  authorizationResponse: z.enum(['approved', 'declined', 'referred']).optional(),
  deviceId: identifier.optional(),
  ipCountry: countryCode.optional(),
  /** The token this card replaces; its history is taken over. */
  replacesCardToken: identifier.optional(),
  /** Statements only: instalments past due, 0 = on time. */
  monthsPastDue: z.int().min(0).max(120).optional(),
  /** Issuer identification: the first six to eight digits of the card number, never more. Read by lists and rules only. */
  bin: z
    .string()
    .regex(/^\d{6,8}$/, 'expected the first six to eight digits of the card number')
    .optional(),
});

/** A parsed transaction: trusted from here on. */
export type Transaction = z.infer<typeof transactionSchema>;

const decided: ReadonlySet<string> = new Set(decidedTypes);

/** True when a decision is owed for this transaction. */
export function isDecided(transaction: Transaction): boolean {
  return decided.has(transaction.type);
}

/** Key of the merchant/terminal entity whose history this transaction feeds, or undefined when neither is known. */
export function merchantKeyOf(transaction: Transaction): string | undefined {
  return transaction.merchant?.terminalId ?? transaction.merchant?.id;
}

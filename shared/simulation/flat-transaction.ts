// shared/simulation/flat-transaction.ts: a transaction as one row of a table, for CSV and Parquet.
import type { Transaction } from '../domain/transaction.ts';

type Cell = string | number | boolean | undefined;

/** Column → its DuckDB type and how it is read from a transaction. Nested fields become `merchant_mcc` and the like. */
export const flatColumns: Readonly<Record<string, { type: string; read(transaction: Transaction): Cell }>> = {
  transactionId: { type: 'VARCHAR', read: (transaction) => transaction.transactionId },
  portfolioId: { type: 'VARCHAR', read: (transaction) => transaction.portfolioId },
  type: { type: 'VARCHAR', read: (transaction) => transaction.type },
  originalTransactionId: { type: 'VARCHAR', read: (transaction) => transaction.originalTransactionId },
  eventTime: { type: 'TIMESTAMP', read: (transaction) => transaction.eventTime },
  cardToken: { type: 'VARCHAR', read: (transaction) => transaction.cardToken },
  accountId: { type: 'VARCHAR', read: (transaction) => transaction.accountId },
  customerId: { type: 'VARCHAR', read: (transaction) => transaction.customerId },
  amountMinor: { type: 'BIGINT', read: (transaction) => transaction.amountMinor },
  currency: { type: 'VARCHAR', read: (transaction) => transaction.currency },
  billingAmountMinor: { type: 'BIGINT', read: (transaction) => transaction.billingAmountMinor },
  billingCurrency: { type: 'VARCHAR', read: (transaction) => transaction.billingCurrency },
  merchant_id: { type: 'VARCHAR', read: (transaction) => transaction.merchant?.id },
  merchant_terminalId: { type: 'VARCHAR', read: (transaction) => transaction.merchant?.terminalId },
  merchant_mcc: { type: 'VARCHAR', read: (transaction) => transaction.merchant?.mcc },
  merchant_country: { type: 'VARCHAR', read: (transaction) => transaction.merchant?.country },
  merchant_city: { type: 'VARCHAR', read: (transaction) => transaction.merchant?.city },
  merchant_name: { type: 'VARCHAR', read: (transaction) => transaction.merchant?.name },
  acquirerId: { type: 'VARCHAR', read: (transaction) => transaction.acquirerId },
  entryMode: { type: 'VARCHAR', read: (transaction) => transaction.entryMode },
  cardPresent: { type: 'BOOLEAN', read: (transaction) => transaction.cardPresent },
  authentication_cvv: { type: 'VARCHAR', read: (transaction) => transaction.authentication?.cvv },
  authentication_avs: { type: 'VARCHAR', read: (transaction) => transaction.authentication?.avs },
  authentication_threeDSecure: {
    type: 'VARCHAR',
    read: (transaction) => transaction.authentication?.threeDSecure,
  },
  authentication_pin: { type: 'VARCHAR', read: (transaction) => transaction.authentication?.pin },
  authorizationResponse: { type: 'VARCHAR', read: (transaction) => transaction.authorizationResponse },
  deviceId: { type: 'VARCHAR', read: (transaction) => transaction.deviceId },
  ipCountry: { type: 'VARCHAR', read: (transaction) => transaction.ipCountry },
  replacesCardToken: { type: 'VARCHAR', read: (transaction) => transaction.replacesCardToken },
  monthsPastDue: { type: 'INTEGER', read: (transaction) => transaction.monthsPastDue },
};

const readers = Object.values(flatColumns).map(({ read }) => read);

/** First line of a CSV file. */
export const flatHeader: string = Object.keys(flatColumns).join();

function toCell(value: Cell): string {
  if (value === undefined) return '';
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line of CSV, in the order of `flatColumns`; missing fields are empty. */
export function toCsvLine(transaction: Transaction): string {
  return readers.map((read) => toCell(read(transaction))).join();
}

// test/quality/credit-clients.ts: the public credit clients as histories of statements and repayments; protected columns stay behind for group analysis.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Transaction, transactionSchema } from '../../shared/domain/transaction.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import { describeEvent } from '../../shared/features/describe-event.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { appendEvent, viewBefore } from '../../shared/sequence/entity-record.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import { limitsOf } from '../../shared/sequence/record-limits.ts';
import type { EntityRecord } from '../../shared/sequence/state-store.ts';
import { findQualityData } from './sparkov-data.ts';

export const CREDIT_PORTFOLIO = 'credit-clients';
export const CREDIT_AS_OF = new Date('2005-10-01T00:00:00Z');
const CURRENCY = 'TWD';
const MONTHS = 6;
const PAST_DUE_COLUMNS = ['PAY_0', 'PAY_2', 'PAY_3', 'PAY_4', 'PAY_5', 'PAY_6'];
/** What the rival sees: everything but id, outcome and the protected columns. */
export const rivalColumns: readonly string[] = [
  'LIMIT_BAL',
  ...PAST_DUE_COLUMNS,
  ...Array.from({ length: MONTHS }, (_, index) => `BILL_AMT${index + 1}`),
  ...Array.from({ length: MONTHS }, (_, index) => `PAY_AMT${index + 1}`),
];

export interface CreditClient {
  readonly accountId: string;
  readonly isDefault: boolean;
  /** 0 … 4 */
  readonly fold: number;
  readonly creditLimitMinor: number;
  /** Statements and repayments, oldest first. Nothing of the protected columns is in them. */
  readonly transactions: readonly Transaction[];
  /** In the order of `rivalColumns`. */
  readonly rivalRow: Float32Array;
  /** For offline analysis by group only; never an input. */
  readonly group: { readonly sex: string; readonly age: string };
}

const sexNames: Readonly<Record<string, string>> = { 1: 'male', 2: 'female' };
const ageBand = (age: number): string =>
  age < 30 ? 'under 30' : age < 40 ? '30–39' : age < 50 ? '40–49' : '50 and over';

/** Statement on the 28th, the repayment of the bill before it on the 15th. k = 1 is September 2005. */
function toTransactions(accountId: string, read: (column: string) => number): Transaction[] {
  const transactions: Transaction[] = [];
  for (let k = MONTHS; k >= 1; k--) {
    const month = String(10 - k).padStart(2, '0');
    const add = (type: 'statement' | 'repayment', day: number, amount: number, more: object) =>
      transactions.push(
        transactionSchema.parse({
          transactionId: `${accountId}-${type}-${k}`,
          portfolioId: CREDIT_PORTFOLIO,
          type,
          eventTime: `2005-${month}-${day}T12:00:00Z`,
          cardToken: `tok_${accountId}`,
          accountId,
          amountMinor: Math.round(100 * amount),
          currency: CURRENCY,
          ...more,
        }),
      );
    const repaid = read(`PAY_AMT${k}`);
    if (repaid > 0) add('repayment', 15, repaid, {});
    // A credit balance is no debt; −2, −1 and 0 (nothing used, paid in full, revolving) are all "not past due".
    const monthsPastDue = Math.max(0, read(PAST_DUE_COLUMNS[k - 1] ?? ''));
    add('statement', 28, Math.max(0, read(`BILL_AMT${k}`)), { monthsPastDue });
  }
  return transactions;
}

/** Never inputs of the product. */
export const protectedColumns = ['SEX', 'EDUCATION', 'MARRIAGE', 'AGE'] as const;

/**
 * The clients in file order; undefined when the data is not there.
 * @param alter what to read in place of a value: to see what depends on a column
 */
export function readCreditClients(
  limit = Number.POSITIVE_INFINITY,
  alter: (column: string, value: number) => number = (_column, value) => value,
): CreditClient[] | undefined {
  const file = findQualityData('credit/default-of-credit-card-clients.csv.gz');
  const foldFile = findQualityData('credit/folds.csv');
  if (!file || !foldFile) return undefined;
  const folds = new Map(
    readFileSync(foldFile, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
      .map(([id = '', fold]) => [id, Number(fold)]),
  );
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const columns = header.trim().split(',');
  return lines.slice(0, limit).map((line) => {
    const cells = line.trim().split(',');
    const read = (column: string) => alter(column, Number(cells[columns.indexOf(column)]));
    const accountId = `cc-${cells[0]}`;
    return {
      accountId,
      isDefault: read('default_next_month') === 1,
      fold: folds.get(cells[0] ?? '') ?? 0,
      creditLimitMinor: 100 * read('LIMIT_BAL'),
      transactions: toTransactions(accountId, read),
      rivalRow: Float32Array.from(rivalColumns, read),
      group: { sex: sexNames[read('SEX')] ?? 'not told', age: ageBand(read('AGE')) },
    };
  });
}

/** Amounts over the median of all bills and repayments; the file holds no purchases to make a reference from. */
export function creditReference(clients: readonly CreditClient[]): PopulationReference {
  const amounts = Float64Array.from(
    clients.flatMap(({ transactions }) => transactions.map(({ amountMinor }) => amountMinor / 100)),
  )
    .filter((amount) => amount > 0)
    .sort();
  const median = amounts[amounts.length >> 1] ?? 1;
  const reference = createReferenceBuilder(CREDIT_PORTFOLIO).build();
  return { ...reference, currencyMedians: { [CURRENCY]: median, '*': median } };
}

/** The account's record as scoring would have stored it. */
export function toAccountRecord(
  client: CreditClient,
  reference: PopulationReference,
): EntityRecord | undefined {
  const key = `a|${CREDIT_PORTFOLIO}|${client.accountId}`;
  let record: EntityRecord | undefined;
  for (const transaction of client.transactions) {
    const timeMs = Date.parse(transaction.eventTime);
    const view = viewBefore(record, { timeMs, ...hashTransactionId(transaction.transactionId) });
    record = appendEvent(record, describeEvent(transaction, view, reference), limitsOf(key));
  }
  return record;
}

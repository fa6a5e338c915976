// shared/replay/data-report.ts: what a replayed table held: rows, gaps and ranges per field, what was refused and why.
import type { Transaction } from '../domain/transaction.ts';
import type { AppError } from '../errors.ts';

/** Distinct values are counted up to here: enough to tell a code from an id. */
const DISTINCT_LIMIT = 1_000;

export interface FieldReport {
  readonly missingRate: number;
  /** Numbers only. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Text only; `>1000` once there are more. */
  readonly distinct?: number | '>1000';
  /** Text only: the values, when there are at most twelve. */
  readonly values?: readonly string[];
}

export interface DataReport {
  readonly rows: number;
  readonly transactions: number;
  readonly refused: number;
  /** `<code> (<field>)` → rows. */
  readonly refusedBecause: Readonly<Record<string, number>>;
  readonly firstEventTime: string | undefined;
  readonly lastEventTime: string | undefined;
  readonly labels: Readonly<Record<'fraud' | 'genuine' | 'unlabelled', number>>;
  readonly outcomes: number;
  /** Fraud labels that become known after the end of what was replayed. */
  readonly outcomesNotYetKnown: number;
  readonly fields: Readonly<Record<string, FieldReport>>;
  readonly unusedColumns: readonly string[];
}

interface FieldCount {
  present: number;
  minimum: number;
  maximum: number;
  readonly distinct: Set<string>;
}

export interface DataReportBuilder {
  addTransaction(transaction: Transaction, label: 'fraud' | 'genuine' | undefined): void;
  addRefusal(error: AppError): void;
  addOutcome(): void;
  finish(end: { readonly outcomesNotYetKnown: number; readonly unusedColumns: readonly string[] }): void;
  report(): DataReport;
}

/** Counts one replay. Memory does not grow with the rows. */
export function createDataReport(): DataReportBuilder {
  const fields = new Map<string, FieldCount>();
  const refusedBecause: Record<string, number> = {};
  const labels = { fraud: 0, genuine: 0, unlabelled: 0 };
  let transactions = 0;
  let refused = 0;
  let outcomes = 0;
  let first: string | undefined;
  let last: string | undefined;
  let end = { outcomesNotYetKnown: 0, unusedColumns: [] as readonly string[] };
  return {
    addTransaction: (transaction, label) => {
      transactions++;
      labels[label ?? 'unlabelled']++;
      first ??= transaction.eventTime;
      last = transaction.eventTime;
      countFields(transaction, '', fields);
    },
    addRefusal: ({ code, field }) => {
      refused++;
      const reason = field ? `${code} (${field})` : code;
      refusedBecause[reason] = (refusedBecause[reason] ?? 0) + 1;
    },
    addOutcome: () => void outcomes++,
    finish: (facts) => {
      end = facts;
    },
    report: () => ({
      rows: transactions + refused,
      transactions,
      refused,
      refusedBecause,
      firstEventTime: first,
      lastEventTime: last,
      labels,
      outcomes,
      ...end,
      fields: Object.fromEntries(
        [...fields].map(([name, count]) => [name, toFieldReport(count, transactions)]),
      ),
    }),
  };
}

function countFields(object: object, prefix: string, fields: Map<string, FieldCount>): void {
  for (const [key, value] of Object.entries(object)) {
    const name = prefix + key;
    if (typeof value === 'object' && value !== null) countFields(value, `${name}.`, fields);
    else if (key !== 'eventTime' && value !== undefined) countValue(fieldCount(fields, name), value);
  }
}

function fieldCount(fields: Map<string, FieldCount>, name: string): FieldCount {
  let count = fields.get(name);
  if (!count) {
    count = {
      present: 0,
      minimum: Number.POSITIVE_INFINITY,
      maximum: Number.NEGATIVE_INFINITY,
      distinct: new Set(),
    };
    fields.set(name, count);
  }
  return count;
}

function countValue(count: FieldCount, value: unknown): void {
  count.present++;
  if (typeof value === 'number') {
    count.minimum = Math.min(count.minimum, value);
    count.maximum = Math.max(count.maximum, value);
  } else if (count.distinct.size <= DISTINCT_LIMIT) {
    count.distinct.add(String(value));
  }
}

function toFieldReport({ present, minimum, maximum, distinct }: FieldCount, rows: number): FieldReport {
  const missingRate = rows === 0 ? 0 : 1 - present / rows;
  if (maximum >= minimum) return { missingRate, minimum, maximum };
  if (distinct.size > DISTINCT_LIMIT) return { missingRate, distinct: '>1000' };
  const values = distinct.size <= 12 ? { values: [...distinct].sort() } : {};
  return { missingRate, distinct: distinct.size, ...values };
}

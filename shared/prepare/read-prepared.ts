// shared/prepare/read-prepared.ts: prepared data as a time-ordered stream of transactions and of labels when they became known.
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openDuck } from '../archive/duck.ts';
import { quoteText } from '../archive/duck-values.ts';
import type { Outcome } from '../domain/outcome.ts';
import { type Transaction, transactionSchema } from '../domain/transaction.ts';
import { AppError } from '../errors.ts';
import { toFraudOutcome } from '../replay/fraud-outcome.ts';
import { quoteName } from '../replay/source-query.ts';
import {
  digestFile,
  labelsQuery,
  type PreparedManifest,
  preparedFiles,
  readPreparedManifest,
} from './prepared-folder.ts';

/** A transaction with what is known of it in the end; for judging only, never an input. */
export interface PreparedTransaction {
  readonly kind: 'transaction';
  readonly transaction: Transaction;
  readonly eventTimeMs: number;
  readonly label: 'fraud' | 'genuine' | undefined;
}

/** A fraud label, at the place in the stream where it became known. */
export interface PreparedOutcome {
  readonly kind: 'outcome';
  readonly outcome: Outcome;
}

export type PreparedLine = PreparedTransaction | PreparedOutcome;

export interface PreparedData {
  readonly manifest: PreparedManifest;
  /** Lines in event-time order, in chunks of about 2,000; may be called again. Feeds `createReplay`. */
  lines(): AsyncGenerator<PreparedLine[]>;
}

/** `merchant_mcc` → merchant.mcc; missing cells are left out. */
function toTransaction(names: readonly string[], cells: readonly unknown[]): Transaction {
  const draft: Record<string, unknown> = {};
  names.forEach((name, column) => {
    const cell = cells[column];
    if (cell === null || cell === undefined) return;
    const value = typeof cell === 'bigint' ? Number(cell) : cell;
    const [parent, field] = name.split('_');
    if (field === undefined) draft[name] = value;
    else draft[parent] = { ...(draft[parent] as object | undefined), [field]: value };
  });
  return transactionSchema.parse(draft);
}

/** Prepared labels say when they became known, not by which evidence. */
const EVIDENCE = { kind: 'fraud-report', source: 'prepared' } as const;

interface Waiting {
  readonly outcome: Outcome;
  readonly knownAtMs: number;
}

/** Frauds that are not known yet, soonest first. */
function createWaitingList() {
  let waiting: Waiting[] = [];
  return {
    add(one: Waiting) {
      // Delays are mostly equal, so the place is nearly always the end.
      let at = waiting.length;
      while (at > 0 && waiting[at - 1].knownAtMs > one.knownAtMs) at--;
      waiting.splice(at, 0, one);
    },
    takeKnownBy(timeMs: number): PreparedOutcome[] {
      const count = waiting.findIndex(({ knownAtMs }) => knownAtMs > timeMs);
      const known = count < 0 ? waiting : waiting.slice(0, count);
      if (known.length > 0) waiting = count < 0 ? [] : waiting.slice(count);
      return known.map(({ outcome }) => ({ kind: 'outcome', outcome }));
    },
  };
}

/** Columns with a cell in at least one row: to read the others would cost as much again. */
async function listFilled(connection: DuckDBConnection, file: string): Promise<Set<string>> {
  const result = await connection.runAndReadAll(
    `SELECT path_in_schema FROM parquet_metadata(${file}) GROUP BY 1
     HAVING coalesce(sum(stats_null_count), 0) < sum(num_values)`,
  );
  return new Set(result.getRows().map(([name]) => String(name)));
}

async function* streamLines(directory: string): AsyncGenerator<PreparedLine[]> {
  const [transactions, labels] = [preparedFiles.transactions, preparedFiles.labels].map((file) =>
    quoteText(join(directory, file)),
  );
  const duck = await openDuck();
  try {
    const filled = await listFilled(duck.connection, transactions);
    filled.delete('eventTime');
    const result = await duck.connection.stream(`
      SELECT epoch_ms(t.eventTime)::DOUBLE, l.label, epoch_ms(l.knownAt)::DOUBLE,
        strftime(t.eventTime, '%Y-%m-%dT%H:%M:%S.%gZ') AS eventTime, ${[...filled].map((name) => `t.${quoteName(name)}`).join()}
      FROM (SELECT *, file_row_number AS file_order FROM read_parquet(${transactions}, file_row_number = true)) t
      LEFT JOIN (${labelsQuery(labels)}) l ON l.transactionId = t.transactionId AND l.portfolioId = t.portfolioId
      ORDER BY t.file_order`);
    const names = result.columnNames().slice(3);
    const waiting = createWaitingList();
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return;
      const lines: PreparedLine[] = [];
      for (const [time, label, knownAt, ...cells] of chunk.getRows()) {
        const eventTimeMs = Number(time);
        lines.push(...waiting.takeKnownBy(eventTimeMs));
        const transaction = toTransaction(names, cells);
        const known = label === 'fraud' || label === 'genuine' ? label : undefined;
        lines.push({ kind: 'transaction', transaction, eventTimeMs, label: known });
        if (known === 'fraud') {
          const knownAtMs = Number(knownAt);
          waiting.add({ outcome: toFraudOutcome(transaction, knownAtMs, EVIDENCE), knownAtMs });
        }
      }
      yield lines;
    }
  } finally {
    duck.close();
  }
}

/** First and last event time, transactions and portfolio of prepared data within these bounds, without reading its rows. */
export async function measurePreparedSpan(
  directory: string,
  { from, until }: { readonly from?: Date; readonly until?: Date },
): Promise<{ firstMs: number; lastMs: number; transactions: number; portfolioId: string }> {
  const file = quoteText(join(directory, preparedFiles.transactions));
  const bounds = [
    ...(from ? [`eventTime >= make_timestamp_ms(${from.getTime()})`] : []),
    ...(until ? [`eventTime < make_timestamp_ms(${until.getTime()})`] : []),
  ];
  const duck = await openDuck();
  try {
    const [row = []] = (
      await duck.connection.runAndReadAll(`
        SELECT epoch_ms(min(eventTime))::DOUBLE, epoch_ms(max(eventTime))::DOUBLE, count(*)::DOUBLE,
          arg_min(portfolioId, file_row_number)
        FROM read_parquet(${file}, file_row_number = true) WHERE ${['true', ...bounds].join(' AND ')}`)
    ).getRows();
    const [firstMs, lastMs, transactions, portfolioId] = row;
    if (Number(transactions) === 0)
      throw new AppError('FRAUD_INPUT_INVALID', { detail: 'There is no transaction.' });
    return {
      firstMs: Number(firstMs),
      lastMs: Number(lastMs),
      transactions: Number(transactions),
      portfolioId: String(portfolioId),
    };
  } finally {
    duck.close();
  }
}

/**
 * Opens prepared data.
 * @throws AppError FRAUD_INPUT_INVALID when the folder is incomplete or a file is not the one its manifest was made for
 */
export async function readPrepared(directory: string): Promise<PreparedData> {
  const manifest = readPreparedManifest(directory);
  for (const name of ['transactions', 'labels'] as const) {
    if ((await digestFile(join(directory, preparedFiles[name]))) === manifest.files[name]) continue;
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: `${preparedFiles[name]} in ${directory} is not the file its manifest was made for. Run fraudctl prepare again.`,
    });
  }
  return { manifest, lines: () => streamLines(directory) };
}

// shared/simulation/line-file.ts: simulated records into files: NDJSON and CSV written in pieces, Parquet made from them by DuckDB.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { quoteText } from '../archive/duck-values.ts';
import type { Transaction } from '../domain/transaction.ts';
import { AppError } from '../errors.ts';
import { flatColumns, flatHeader, toCsvLine } from './flat-transaction.ts';

/** A file that takes lines. `close` leaves it complete. */
export interface LineFile {
  add(line: string): void;
  close(): void;
}

const LINES_PER_WRITE = 2_000;

/** @param header first line, where there is one */
export function createLineFile(file: string, header?: string): LineFile {
  const handle = openSync(file, 'w');
  let lines: string[] = header === undefined ? [] : [header];
  const flush = () => {
    if (lines.length > 0) writeSync(handle, `${lines.join('\n')}\n`);
    lines = [];
  };
  return {
    add: (line) => {
      lines.push(line);
      if (lines.length >= LINES_PER_WRITE) flush();
    },
    close: () => {
      flush();
      closeSync(handle);
    },
  };
}

/** A file of transactions. `close` resolves when it is complete. */
export interface TransactionFile {
  add(transaction: Transaction): void;
  close(): Promise<void>;
}

/** Typed columns and compression; rows keep their order. */
async function convertToParquet(csv: string, parquet: string): Promise<void> {
  const columns = Object.entries(flatColumns).map(
    ([name, { type }]) => `${quoteText(name)}: ${quoteText(type)}`,
  );
  const source = `read_csv(${quoteText(csv)}, header = true, columns = {${columns.join(', ')}})`;
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    await connection.run(`COPY (FROM ${source}) TO ${quoteText(parquet)} (FORMAT parquet, COMPRESSION zstd)`);
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

/**
 * Opens a file of transactions; its ending chooses the format: .ndjson, .csv or .parquet.
 * @throws AppError FRAUD_INPUT_INVALID for any other ending
 */
export function createTransactionFile(file: string): TransactionFile {
  const ending = extname(file);
  if (ending === '.ndjson') {
    const lines = createLineFile(file);
    return {
      add: (transaction) => lines.add(JSON.stringify(transaction)),
      close: async () => lines.close(),
    };
  }
  if (ending !== '.csv' && ending !== '.parquet') {
    throw new AppError('FRAUD_INPUT_INVALID', {
      field: 'out',
      detail: 'Expected .ndjson, .csv or .parquet.',
    });
  }
  const csv = ending === '.csv' ? file : `${file}.rows.csv`;
  const lines = createLineFile(csv, flatHeader);
  return {
    add: (transaction) => lines.add(toCsvLine(transaction)),
    close: async () => {
      lines.close();
      if (csv === file) return;
      await convertToParquet(csv, file);
      rmSync(csv);
    },
  };
}

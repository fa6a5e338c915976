// services/fraudctl/past-transactions.ts: a file of transactions for trying something on it: NDJSON as the topic has it, or a foreign table through a mapping.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { defaultEdgeSettings } from '../../shared/edge/edge-settings.ts';
import { parseFields } from '../../shared/edge/parse-record.ts';
import { checkCurrencies, transactionReader } from '../../shared/edge/parse-transaction.ts';
import { readObject } from '../../shared/edge/read-object.ts';
import { AppError } from '../../shared/errors.ts';
import { createDataReport } from '../../shared/replay/data-report.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { countRows, readMapped } from '../../shared/replay/read-mapped.ts';

export interface PastTransaction {
  readonly transaction: Transaction;
  /** What the table says, where it says something. */
  readonly label?: 'fraud' | 'genuine' | undefined;
}

export interface PastTransactions {
  /** In event-time order for a mapped table, in the order of the file for NDJSON. */
  readonly lines: AsyncIterable<PastTransaction>;
  /** Lines left out because they are no valid transaction; complete at the end. */
  refused(): number;
  /** How far the reading is, of `total`. */
  readonly unit: 'bytes' | 'rows';
  readonly total: number;
  done(): number;
}

/**
 * @param mapping file, or name of one in infra/mappings; undefined: one transaction per line, as the topic has it
 * @throws AppError FRAUD_INPUT_INVALID when a file cannot be read
 */
export function openPastTransactions(file: string, mapping: string | undefined): Promise<PastTransactions> {
  return mapping === undefined ? openLines(file) : openTable(file, mapping);
}

async function openTable(file: string, mapping: string): Promise<PastTransactions> {
  const report = createDataReport();
  const options = { file, mapping: loadMapping(mapping), withOutcomes: false, report };
  const total = await countRows(options);
  let done = 0;
  async function* lines(): AsyncGenerator<PastTransaction> {
    for await (const line of readMapped(options)) {
      done += 1;
      if (line.kind === 'transaction') yield line;
    }
  }
  return { lines: lines(), refused: () => report.report().refused, unit: 'rows', total, done: () => done };
}

async function openLines(file: string): Promise<PastTransactions> {
  const { size: total } = await stat(file).catch((cause: unknown) => {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} cannot be read.`, cause });
  });
  const source = createReadStream(file);
  let refused = 0;
  async function* lines(): AsyncGenerator<PastTransaction> {
    for await (const line of createInterface({ input: source })) {
      if (line.trim() === '') continue;
      const transaction = parseLine(line);
      if (transaction) yield { transaction };
      else refused += 1;
    }
  }
  return { lines: lines(), refused: () => refused, unit: 'bytes', total, done: () => source.bytesRead };
}

/** As the scorer takes it, but of any age. */
function parseLine(line: string): Transaction | undefined {
  try {
    const object = readObject(Buffer.from(line), defaultEdgeSettings);
    const { value } = parseFields(object, transactionReader, defaultEdgeSettings);
    checkCurrencies(value);
    return value;
  } catch (error) {
    if (error instanceof AppError && error.kind === 'data') return undefined;
    throw error;
  }
}

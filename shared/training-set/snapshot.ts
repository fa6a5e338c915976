// shared/training-set/snapshot.ts: one digest over everything a training set is: the question, the query and every byte of the answer.
import { createHash } from 'node:crypto';
import type { TrainingColumns } from './training-set.ts';

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** 64 hex characters. Evidence that became known after the cut, compaction and the names of files change nothing in it. */
export function digestSnapshot(columns: TrainingColumns, asked: Readonly<Record<string, unknown>>): string {
  const digest = createHash('sha256');
  digest.update(`${JSON.stringify(asked)}\n${columns.inputs.join(' ')}\n`);
  const { values, labels, weights, times, knownAtMs, cards, windowOf } = columns;
  for (const column of [values, labels, weights, times, knownAtMs, cards, windowOf])
    digest.update(bytesOf(column));
  digest.update(columns.transactionIds.join('\n'));
  digest.update(columns.portfolios.join('\n'));
  digest.update(columns.merchants.join('\n'));
  return digest.digest('hex');
}

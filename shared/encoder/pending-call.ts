// shared/encoder/pending-call.ts: one encodeMany on its way: its rows go out in any batches, its results come back in row order.
import { AppError } from '../errors.ts';
import type { QueuedBatch } from './batching-queue.ts';
import type { EncodedRow, EncoderRow } from './encoder.ts';

/** Settles when its last row is answered, or at its first failure. */
export interface PendingCall {
  readonly rows: readonly EncoderRow[];
  /** Filled by index, so the order of the rows is kept whatever order batches come back in. */
  readonly results: EncodedRow[];
  rowsLeft: number;
  isSettled: boolean;
  readonly resolve: (results: EncodedRow[]) => void;
  readonly reject: (error: AppError) => void;
}

/** Makes the call and the promise it settles; `submit` may refuse it by throwing. */
export function callEncoder(
  rows: readonly EncoderRow[],
  submit: (call: PendingCall) => void,
): Promise<EncodedRow[]> {
  if (rows.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    submit({
      rows,
      results: new Array(rows.length),
      rowsLeft: rows.length,
      isSettled: false,
      resolve,
      reject,
    });
  });
}

function failCall(call: PendingCall, error: AppError): void {
  if (call.isSettled) return;
  call.isSettled = true;
  call.reject(error);
}

/** Every call that has a row in `batch` fails. */
export function failBatch(batch: QueuedBatch, error: AppError): void {
  for (const { call } of batch.entries) failCall(call, error);
}

/** Hands out the rows of an answered batch as views on its values; only the calls of failed rows fail. */
export function deliverBatch(
  batch: QueuedBatch,
  answer: { readonly values: Float32Array; readonly failedRows: readonly number[] },
  readingCount: number,
): void {
  const { values, failedRows } = answer;
  for (const at of failedRows) {
    const entry = batch.entries[at];
    if (!entry) continue;
    const detail = `Row ${entry.index} gave a number that is not finite.`;
    failCall(entry.call, new AppError('FRAUD_ENCODER_FAILED', { detail, facts: { row: entry.index } }));
  }
  const stride = values.length / batch.entries.length;
  batch.entries.forEach(({ call, index, row }, at) => {
    if (call.isSettled) return;
    const start = at * stride;
    const scoresAt = start + readingCount;
    call.results[index] = {
      readings: values.subarray(start, scoresAt),
      rawScores: values.subarray(scoresAt, row.features.length > 0 ? start + stride : scoresAt),
    };
    call.rowsLeft--;
    if (call.rowsLeft > 0) return;
    call.isSettled = true;
    call.resolve(call.results);
  });
}

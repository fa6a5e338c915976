// shared/scoring/deadline.ts: how long an evaluation may wait for histories and for the encoder before a lower tier answers.
import type { Encoder } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';
import { settleBefore } from '../lifecycle/settle-before.ts';
import type { ReadRecords } from './working-records.ts';

/** Instants of `performance.now()`; left out: as long as it takes. */
export interface EvaluationLimits {
  /** Histories that are not there by then count as empty, and the rules answer. */
  readonly historyBy?: number | undefined;
  /** Readings that are not there by then are not waited for, and the features-only head answers. */
  readonly encodedBy?: number | undefined;
  /** Every effect of every decision is asked for, approvals included; not an instant. */
  readonly explainsAll?: boolean | undefined;
  /** Flagged transactions of this call that get reasons by occlusion, at most; the others keep those by surprise. */
  readonly explainedAtMost?: number | undefined;
}

/** A reader whose answer is empty when the store is late; `isEmpty` then says so. Immediate answers cost no timer. */
export function orEmptyAfter(
  readRecords: ReadRecords,
  instant: number | undefined,
): { readonly readRecords: ReadRecords; isEmpty(): boolean } {
  if (instant === undefined) return { readRecords, isEmpty: () => false };
  let isEmpty = false;
  return {
    isEmpty: () => isEmpty,
    readRecords: async (entityKeys) => {
      const pending = readRecords(entityKeys);
      if (!(pending instanceof Promise)) return pending;
      const settled = await settleBefore(pending, instant);
      isEmpty = settled === undefined;
      return settled?.answer ?? entityKeys.map(() => undefined);
    },
  };
}

/** An encoder that fails (FRAUD_ENCODER_FAILED) when its answer is late. */
export function failingAfter(
  encoder: Pick<Encoder, 'encodeMany'>,
  instant: number | undefined,
): Pick<Encoder, 'encodeMany'> {
  if (instant === undefined) return encoder;
  return {
    encodeMany: async (rows) => {
      const settled = await settleBefore(encoder.encodeMany(rows), instant);
      if (settled) return settled.answer;
      const detail = 'No answer before the deadline.';
      throw new AppError('FRAUD_ENCODER_FAILED', { detail, facts: { late: true } });
    },
  };
}

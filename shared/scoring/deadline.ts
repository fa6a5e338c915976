// shared/scoring/deadline.ts: how long an evaluation may wait for histories and for the encoder before a lower tier answers.
import type { Encoder } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';
import type { ReadRecords } from './working-records.ts';

/** Milliseconds from the call on; left out: as long as it takes. */
export interface EvaluationLimits {
  /** Histories that are not there by then count as empty, and the rules answer. */
  readonly historyWithinMs?: number | undefined;
  /** Readings that are not there by then are not waited for, and the features-only head answers. */
  readonly encoderWithinMs?: number | undefined;
}

type Settled<Answer> = { readonly answer: Answer } | undefined;

/** The answer, or undefined when it takes longer. What comes too late is dropped, failures included. */
async function within<Answer>(pending: Promise<Answer>, milliseconds: number): Promise<Settled<Answer>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds), undefined);
  });
  try {
    return await Promise.race([pending.then((answer) => ({ answer })), late]);
  } finally {
    clearTimeout(timer);
    pending.catch(() => {});
  }
}

/** A reader whose answer is empty when the store takes longer; `isEmpty` then says so. Immediate answers cost no timer. */
export function orEmptyWithin(
  readRecords: ReadRecords,
  milliseconds: number | undefined,
): { readonly readRecords: ReadRecords; isEmpty(): boolean } {
  if (milliseconds === undefined) return { readRecords, isEmpty: () => false };
  let isEmpty = false;
  return {
    isEmpty: () => isEmpty,
    readRecords: async (entityKeys) => {
      const pending = readRecords(entityKeys);
      if (!(pending instanceof Promise)) return pending;
      const settled = await within(pending, milliseconds);
      isEmpty = settled === undefined;
      return settled?.answer ?? entityKeys.map(() => undefined);
    },
  };
}

/** An encoder that fails (FRAUD_ENCODER_FAILED) when its answer takes longer. */
export function allWithin(
  encoder: Pick<Encoder, 'encodeMany'>,
  milliseconds: number | undefined,
): Pick<Encoder, 'encodeMany'> {
  if (milliseconds === undefined) return encoder;
  return {
    encodeMany: async (rows) => {
      const settled = await within(encoder.encodeMany(rows), milliseconds);
      if (settled) return settled.answer;
      const detail = `No answer within ${Math.round(milliseconds)} ms.`;
      throw new AppError('FRAUD_ENCODER_FAILED', { detail, facts: { late: true } });
    },
  };
}

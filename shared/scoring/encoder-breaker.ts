// shared/scoring/encoder-breaker.ts: circuit breaker in front of an encoder: after some failures it is not asked for a while, then tried again.
import type { Clock } from '../clock.ts';
import type { Encoder } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';

export interface BreakerOptions {
  readonly clock: Clock;
  /** Failures or silences in a row that open the circuit. */
  readonly failures: number;
  /** How long an open circuit answers by itself before one call is let through, ms. */
  readonly openMs: number;
  /** A call that is not answered for this long counts as a failure, ms. */
  readonly silentMs: number;
  readonly onChange?: (state: BreakerState) => void;
}

/** `half-open`: one call is on trial; its success closes the circuit. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BrokenEncoder extends Pick<Encoder, 'encodeMany'> {
  state(): BreakerState;
}

/** A full queue is no failure: it says that the encoder works. */
const isFailure = (error: unknown): boolean =>
  !(error instanceof AppError) || error.code === 'FRAUD_ENCODER_FAILED';

/** @param encodeMany asked anew on every call, so that the encoder behind it may be replaced */
export function createEncoderBreaker(
  encodeMany: Encoder['encodeMany'],
  options: BreakerOptions,
): BrokenEncoder {
  let state: BreakerState = 'closed';
  let failuresInRow = 0;
  let openedAtMs = 0;

  const move = (next: BreakerState): void => {
    if (next === state) return;
    state = next;
    options.onChange?.(next);
  };
  const noteSuccess = (): void => {
    failuresInRow = 0;
    move('closed');
  };
  const noteFailure = (): void => {
    failuresInRow += 1;
    if (state === 'closed' && failuresInRow < options.failures) return;
    openedAtMs = options.clock.now();
    move('open');
  };
  const requirePassage = (): void => {
    if (state === 'closed') return;
    if (state === 'open' && options.clock.now() - openedAtMs >= options.openMs) {
      move('half-open');
      return;
    }
    throw new AppError('FRAUD_ENCODER_FAILED', { detail: 'The circuit is open.', facts: { open: true } });
  };

  return {
    state: () => state,
    encodeMany: async (rows) => {
      requirePassage();
      let isJudged = false;
      const judge = (note: () => void): void => {
        if (!isJudged) note();
        isJudged = true;
      };
      const silence = setTimeout(() => judge(noteFailure), options.silentMs);
      try {
        const encoded = await encodeMany(rows);
        judge(noteSuccess);
        return encoded;
      } catch (error) {
        judge(isFailure(error) ? noteFailure : noteSuccess);
        throw error;
      } finally {
        clearTimeout(silence);
      }
    },
  };
}

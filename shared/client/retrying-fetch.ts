// shared/client/retrying-fetch.ts: fetch that repeats what may be repeated: as often and as late as the service asks, within the caller's time.
import { setTimeout as wait } from 'node:timers/promises';

export interface RetryOptions {
  /** Tries beside the first one. */
  readonly retries: number;
  /** All tries together, pauses included, ms. */
  readonly withinMs: number;
  /** One try, ms: longer than the deadline the service was given, so that its answer can arrive. */
  readonly tryMs: number;
}

type Fetch = (request: Request) => Promise<Response>;

/** Pauses without a word from the service: 50 ms, doubled each time, with a random half so that callers do not come in step. */
const FIRST_PAUSE_MS = 50;

const mayBeRepeated = ({ status }: Response): boolean => status === 429 || status === 503;

/** What the service asks for, else the next step of our own. */
function pauseAfter(response: Response | undefined, attempt: number): number {
  const asked = Number(response?.headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(asked)) return asked * 1000;
  return FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2);
}

/**
 * Repeats after 429, 503 and failed connections. Every route of the scoring API may be repeated: the same transaction or
 * Idempotency-Key gets the same answer. The last answer is returned, the last failure thrown.
 */
export function createRetryingFetch(options: RetryOptions, send: Fetch = fetch): Fetch {
  return async (request) => {
    const endAt = performance.now() + options.withinMs;
    for (let attempt = 0; ; attempt += 1) {
      const leftMs = endAt - performance.now();
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(options.tryMs, leftMs))));
      const outcome = await send(new Request(request.clone(), { signal })).then(
        (response) => ({ response, error: undefined }),
        (error: unknown) => ({ response: undefined, error }),
      );
      const { response, error } = outcome;
      if (response && !mayBeRepeated(response)) return response;
      const pauseMs = pauseAfter(response, attempt);
      if (attempt >= options.retries || performance.now() + pauseMs >= endAt) {
        if (response) return response;
        throw error;
      }
      await response?.body?.cancel();
      await wait(pauseMs);
    }
  };
}

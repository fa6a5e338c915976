// shared/kafka/within-time.ts: waits for something that may never end, for so long and no longer.
import { setTimeout as wait } from 'node:timers/promises';

/** Resolves when `work` has ended, well or not, or when `limitMs` has passed; true when it ended well. */
export async function withinTime(work: Promise<unknown> | undefined, limitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const ended = await Promise.race([
    Promise.resolve(work).then(
      () => true,
      () => false,
    ),
    wait(limitMs, false, { signal: timer.signal }).catch(() => false),
  ]);
  timer.abort();
  return ended;
}

// test/services/stream-scorer/progress-watch.test.ts: a stall is seen, lag or not; a dependency that is down is none.
import { expect, test } from 'vitest';
import { createProgressWatch, type ProgressReading } from '../../../services/stream-scorer/progress-watch.ts';
import { createSettableClock } from '../../../shared/clock.ts';

const STALL_MS = 120_000;
const idle: ProgressReading = { position: 5n, lag: 0n, turns: 0, retries: 0, isBrokerSilent: false };

/** Observes once a second for five minutes; `readingAt` says what the consumer tells in that second. */
function watchFor(readingAt: (second: number) => ProgressReading): string | undefined {
  const clock = createSettableClock(0);
  const watch = createProgressWatch(clock, STALL_MS);
  for (let second = 0; second < 300; second++) {
    clock.set(second * 1_000);
    watch.observe(readingAt(second));
  }
  return watch.whyNotAlive();
}

test('records waiting and none done is a stall, however busily the loop turns', () => {
  expect(watchFor((second) => ({ ...idle, lag: 7n, turns: second }))).toContain('7 records behind');
  expect(watchFor((second) => ({ ...idle, lag: 7n, position: BigInt(second) }))).toBeUndefined();
});

test('a member without partitions lives while its loop turns, and one that joins for ever does not', () => {
  expect(watchFor((second) => ({ ...idle, position: 0n, turns: second }))).toBeUndefined();
  expect(watchFor(() => ({ ...idle, position: 0n }))).toContain('not fetching');
});

test('a dependency that fails and is tried again is no stall, nor is a broker that tells nobody anything', () => {
  expect(watchFor((second) => ({ ...idle, lag: 7n, retries: Math.floor(second / 10) }))).toBeUndefined();
  expect(watchFor(() => ({ ...idle, lag: 7n, isBrokerSilent: true }))).toBeUndefined();
});

test('time counts anew when the broker is back', () => {
  const silentUntil = (end: number) => (second: number) => ({
    ...idle,
    lag: 7n,
    isBrokerSilent: second < end,
  });
  expect(watchFor(silentUntil(250))).toBeUndefined();
  expect(watchFor(silentUntil(100))).toContain('no progress');
});

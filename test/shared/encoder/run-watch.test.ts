// test/shared/encoder/run-watch.test.ts: a worker that is silent is noticed; a process that stood still does not blame its workers.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRunWatch } from '../../../shared/encoder/run-watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A watch of one second; `standStill` lets time pass that no timer saw. */
function startWatch() {
  let stoodMs = 0;
  const onSilence = vi.fn();
  const watch = createRunWatch(1_000, onSilence, () => performance.now() + stoodMs);
  watch.restart(true);
  return {
    watch,
    onSilence,
    standStill: (ms: number) => {
      stoodMs += ms;
    },
  };
}

test('silence for the whole deadline is told once', () => {
  const { onSilence } = startWatch();
  vi.advanceTimersByTime(1_001);
  expect(onSilence).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(5_000);
  expect(onSilence).toHaveBeenCalledTimes(1);
});

test('every answer moves the deadline, and nothing is told when no answer is owed', () => {
  const { watch, onSilence } = startWatch();
  vi.advanceTimersByTime(900);
  watch.restart(true);
  vi.advanceTimersByTime(900);
  watch.restart(false);
  vi.advanceTimersByTime(5_000);
  expect(onSilence).not.toHaveBeenCalled();
});

test('a process that stood still gives its workers the whole deadline again, and then tells', () => {
  const { onSilence, standStill } = startWatch();
  vi.advanceTimersByTime(300);
  standStill(60_000);
  vi.advanceTimersByTime(701);
  expect(onSilence).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_001);
  expect(onSilence).toHaveBeenCalledTimes(1);
});

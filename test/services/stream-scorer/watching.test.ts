// test/services/stream-scorer/watching.test.ts: every second the champion is looked at; a process ends over its encoder only when none starts for the one lost.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWatching } from '../../../services/stream-scorer/watching.ts';
import { createSettableClock } from '../../../shared/clock.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watchDouble() {
  const world = { isWell: true, looks: 0, failure: undefined as unknown };
  const watching = startWatching({
    consumer: {
      failed: new Promise<never>(() => {}),
      start: async () => {},
      stop: async () => {},
      progress: () => [],
      health: () => ({ isBrokerSilent: false, retries: 0, turns: 0, isMember: true }),
    },
    watch: { observe: () => {}, whyNotAlive: () => undefined },
    metrics: createScorerMetrics(),
    model: {
      current: () => ({ encoder: { isHealthy: () => world.isWell, queuedPositions: () => 0 } }),
      look: async () => {
        world.looks++;
      },
    },
    store: { pruneDecisions: async () => 0 },
    clock: createSettableClock(0),
    topic: 'transactions',
  });
  watching.failed.catch((error: unknown) => {
    world.failure = error;
  });
  return { world, watching };
}

test('the champion is looked at every second, until stopped', async () => {
  const { world, watching } = watchDouble();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(world.looks).toBe(5);
  watching.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(world.looks).toBe(5);
});

test('an encoder that is well again within half a minute ends nothing; one that stays away does', async () => {
  const { world, watching } = watchDouble();
  for (let time = 0; time < 3; time++) {
    world.isWell = false;
    await vi.advanceTimersByTimeAsync(25_000);
    world.isWell = true;
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(world.failure).toBeUndefined();
  world.isWell = false;
  await vi.advanceTimersByTimeAsync(35_000);
  expect(world.failure).toMatchObject({ code: 'FRAUD_ENCODER_FAILED' });
  watching.stop();
});

// test/services/stream-scorer/chunk-router.test.ts: a chunk of several topics goes through run by run; tried again, it goes on where it failed.
import { expect, test } from 'vitest';
import { createChunkRouter } from '../../../services/stream-scorer/chunk-router.ts';
import { toFollowingClock } from '../../../services/stream-scorer/replay-clock.ts';
import { createSettableClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { ChunkDispatcher } from '../../../shared/kafka/chunk-dispatcher.ts';
import type { InputRecord } from '../../../shared/kafka/records.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';

const empty = { received: [], refused: [], fresh: [], recalled: [], repeats: [], evaluated: [], outputs: [] };

/** Transactions and outcomes in turns: each record is a run of its own. */
const recordsOf = (topic: string, times: readonly number[]): InputRecord[] =>
  times.map((timestampMs, offset) => ({
    topic,
    partition: 0,
    offset: BigInt(offset),
    timestampMs,
    key: null,
    value: null,
    headers: {},
  }));

test('an aligned chunk whose third run fails twice runs the first two once', async () => {
  const ran: string[] = [];
  let failures = 2;
  const router = createChunkRouter({
    transactionsTopic: 'transactions',
    clock: toFollowingClock(createSettableClock(0)),
    metrics: createScorerMetrics(),
    runTransactions: (chunk) => {
      ran.push(`transaction ${chunk.records[0]?.offset}`);
      return { ...chunk, ...empty };
    },
    markOutcomes: async ([record]) => {
      ran.push(`outcome ${record?.offset}`);
      if (record?.offset === 1n && failures-- > 0) throw new AppError('FRAUD_STORE_UNAVAILABLE');
    },
  });
  const commits: string[] = [];
  const dispatcher = new ChunkDispatcher({
    onChunk: router.onChunk,
    maxChunkRecords: 10,
    bufferedRecords: 100,
    aligned: true,
    commit: async (offsets) => void commits.push(...offsets.map(({ topic, offset }) => `${topic} ${offset}`)),
    pause: () => {},
    resume: () => {},
    onFailure: () => {},
    retryPauseMs: 0,
  });
  dispatcher.assign(
    ['outcomes', 'transactions'].map((topic) => ({ topic, partition: 0, start: 0n, end: 2n })),
  );
  dispatcher.accept({ topic: 'outcomes', partition: 0 }, recordsOf('outcomes', [1, 3]), 2n);
  dispatcher.accept({ topic: 'transactions', partition: 0 }, recordsOf('transactions', [2, 4]), 2n);
  await expect.poll(() => commits).toEqual(['outcomes 2', 'transactions 2']);
  expect(ran).toEqual(['outcome 0', 'transaction 0', 'outcome 1', 'outcome 1', 'outcome 1', 'transaction 1']);
  expect(router.counts()).toMatchObject({ consumed: 4, outcomes: 2 });
});

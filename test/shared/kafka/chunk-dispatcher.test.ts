// test/shared/kafka/chunk-dispatcher.test.ts: chunks, backpressure, retry, drain and fence, without a broker.
import { expect, test } from 'vitest';
import { AppError } from '../../../shared/errors.ts';
import {
  ChunkDispatcher,
  type ConsumedChunk,
  type DispatcherOptions,
} from '../../../shared/kafka/chunk-dispatcher.ts';
import type { InputRecord } from '../../../shared/kafka/records.ts';

const recordsOf = (
  partition: number,
  from: number,
  count: number,
  timeOf = (offset: number) => offset,
): InputRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    topic: 't',
    partition,
    offset: BigInt(from + index),
    timestampMs: timeOf(from + index),
    key: null,
    value: null,
    headers: {},
  }));

const assigned = (count: number, end = 0n) =>
  Array.from({ length: count }, (_, partition) => ({ topic: 't', partition, start: 0n, end }));

function create(onChunk: (chunk: ConsumedChunk) => Promise<void>, options: Partial<DispatcherOptions> = {}) {
  const calls: string[] = [];
  const failures: unknown[] = [];
  const dispatcher = new ChunkDispatcher({
    onChunk,
    maxChunkRecords: 10,
    bufferedRecords: 20,
    aligned: false,
    commit: async (offsets) => void calls.push(`commit ${offsets.map(({ offset }) => offset).join()}`),
    pause: ({ partition }) => void calls.push(`pause ${partition}`),
    resume: ({ partition }) => void calls.push(`resume ${partition}`),
    onFailure: (error) => void failures.push(error),
    retryPauseMs: 0,
    ...options,
  });
  return { dispatcher, calls, failures };
}

const positions = (dispatcher: ChunkDispatcher) =>
  dispatcher.progress().map(({ position }) => Number(position));

test('records are cut into chunks of at most the size asked, one at a time, and lag falls to nothing', async () => {
  const sizes: number[] = [];
  let atOnce = 0;
  const { dispatcher } = create(async ({ records }) => {
    atOnce++;
    expect(atOnce).toBe(1);
    await Promise.resolve();
    sizes.push(records.length);
    atOnce--;
  });
  dispatcher.assign(assigned(1));
  expect(dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 0, 25), 25n)).toBe(true);
  await expect.poll(() => positions(dispatcher)).toEqual([25]);
  expect(sizes).toEqual([10, 10, 5]);
  expect(dispatcher.progress()[0]?.lag).toBe(0n);
});

test('a record that arrives in the very turn in which the last chunk ends is not left lying', async () => {
  const seen: number[] = [];
  const { dispatcher } = create(
    async ({ records }) => void seen.push(...records.map(({ offset }) => Number(offset))),
  );
  dispatcher.assign(assigned(1));
  for (let offset = 0; offset < 200; offset++) {
    dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, offset, 1), BigInt(offset + 1));
    for (let turn = 0; turn < offset % 9; turn++) await Promise.resolve();
  }
  await expect.poll(() => seen.length).toBe(200);
  expect(seen).toEqual(seen.map((_, index) => index));
});

test('fetching pauses at the limit and resumes when half of it is left', async () => {
  const { dispatcher, calls } = create(async () => {});
  dispatcher.assign(assigned(1));
  dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 0, 30), 30n);
  expect(calls).toEqual(['pause 0']);
  await expect.poll(() => positions(dispatcher)).toEqual([30]);
  expect(calls).toEqual(['pause 0', 'resume 0']);
});

test('a retryable error keeps the chunk owed, any other ends the consumer', async () => {
  let tries = 0;
  const { dispatcher, failures } = create(async () => {
    tries++;
    if (tries < 3) throw new AppError('FRAUD_STORE_UNAVAILABLE');
    if (tries === 4) throw new TypeError('bug');
  });
  dispatcher.assign(assigned(1));
  dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 0, 10), 10n);
  await expect.poll(() => positions(dispatcher)).toEqual([10]);
  expect(tries).toBe(3);
  dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 10, 10), 20n);
  await expect.poll(() => failures.length).toBe(1);
  expect(failures[0]).toBeInstanceOf(TypeError);
  expect(positions(dispatcher)).toEqual([10]);
});

test('draining waits for the chunk under way, takes nothing more, and after revocation nothing is committed', async () => {
  let release = () => {};
  let chunk: ConsumedChunk | undefined;
  const { dispatcher, calls } = create(async (one) => {
    chunk = one;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await one.commit();
  });
  dispatcher.assign(assigned(2));
  dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 0, 30), 30n);
  const drained = dispatcher.drain(5_000);
  expect(dispatcher.accept({ topic: 't', partition: 1 }, recordsOf(1, 0, 5), 5n)).toBe(false);
  release();
  expect(await drained).toBe(true);
  expect(calls.filter((call) => call.startsWith('commit'))).toEqual(['commit 10']);
  expect(dispatcher.revoke().map(({ partition }) => partition)).toEqual([0, 1]);
  expect(chunk?.isStale()).toBe(true);
  await chunk?.commit();
  expect(calls.filter((call) => call.startsWith('commit'))).toEqual(['commit 10']);
});

test('a drain that takes too long gives up, and the chunk under way is fenced', async () => {
  let release = () => {};
  const { dispatcher, calls } = create(async (one) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    await one.commit();
  });
  dispatcher.assign(assigned(1));
  dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 0, 5), 5n);
  expect(await dispatcher.drain(1)).toBe(false);
  dispatcher.revoke();
  release();
  expect(await dispatcher.drain(5_000)).toBe(true);
  expect(calls.filter((call) => call.startsWith('commit'))).toEqual([]);
});

test('aligned, a partition that may still hold the earliest record is waited for, one at its end is not', async () => {
  const seen: number[] = [];
  const { dispatcher } = create(
    async ({ records }) => void seen.push(...records.map(({ timestampMs }) => timestampMs)),
    {
      aligned: true,
    },
  );
  dispatcher.assign([
    { topic: 't', partition: 0, start: 0n, end: 3n },
    { topic: 't', partition: 1, start: 0n, end: 3n },
    { topic: 't', partition: 2, start: 0n, end: 0n },
  ]);
  dispatcher.accept(
    { topic: 't', partition: 0 },
    recordsOf(0, 0, 3, (offset) => offset * 10),
    3n,
  );
  await Promise.resolve();
  expect(seen).toEqual([]);
  dispatcher.accept(
    { topic: 't', partition: 1 },
    recordsOf(1, 0, 2, (offset) => offset * 10 + 5),
    3n,
  );
  await expect.poll(() => seen).toEqual([0, 5, 10, 15]);
  dispatcher.accept(
    { topic: 't', partition: 1 },
    recordsOf(1, 2, 1, () => 99),
    3n,
  );
  await expect.poll(() => seen).toEqual([0, 5, 10, 15, 20, 99]);
});

test('offsets without a record are no lag and are not waited for', async () => {
  const seen: number[] = [];
  const add = async ({ records }: ConsumedChunk) =>
    void seen.push(...records.map(({ timestampMs }) => timestampMs));
  const { dispatcher } = create(add, { aligned: true });
  dispatcher.assign([
    { topic: 't', partition: 0, start: 0n, end: 2n },
    { topic: 't', partition: 1, start: 0n, end: 1n },
  ]);
  dispatcher.accept({ topic: 't', partition: 0 }, recordsOf(0, 0, 1), 2n);
  await Promise.resolve();
  expect(seen).toEqual([]);
  dispatcher.reach({ topic: 't', partition: 1 }, 1n);
  await expect.poll(() => seen).toEqual([0]);
  dispatcher.reach({ topic: 't', partition: 0 }, 2n);
  expect(dispatcher.progress().map(({ lag }) => lag)).toEqual([0n, 0n]);
});

test('lag counts from the end that the broker tells of, also when nothing is fetched', () => {
  const { dispatcher } = create(async () => {});
  dispatcher.assign(assigned(1, 3n));
  dispatcher.extend({ topic: 't', partition: 0 }, 8n);
  dispatcher.extend({ topic: 't', partition: 0 }, 5n);
  expect(dispatcher.progress()).toEqual([{ topic: 't', partition: 0, position: 0n, lag: 8n }]);
});

// test/shared/encoder/batching-queue.test.ts: how batches are cut, whose turn it is, when the door is shut.
import { expect, test } from 'vitest';
import { type BatchingQueue, createBatchingQueue } from '../../../shared/encoder/batching-queue.ts';
import type { PendingCall } from '../../../shared/encoder/pending-call.ts';

/** Padded lengths in these tests: 20 up to 20 events, else 64. */
const lengthOf = (eventCount: number) => (eventCount <= 20 ? 20 : 64);

function createQueue(limitPositions = 100_000): BatchingQueue {
  return createBatchingQueue({ lengthOf, maxBatchPositions: 640, limitPositions });
}

/** A call of rows with these event counts. */
function createCall(eventCounts: number[]): PendingCall {
  const rows = eventCounts.map((eventCount) => ({
    portfolioId: 'default',
    events: new Uint8Array(0),
    eventCount,
    features: new Float32Array(0),
  }));
  return { rows, results: [], rowsLeft: rows.length, isSettled: false, resolve: () => {}, reject: () => {} };
}

const times = (count: number, eventCount: number) => new Array<number>(count).fill(eventCount);

test('a batch holds rows of one padded length, oldest first', () => {
  const queue = createQueue();
  queue.offer(createCall([64, 5, 64, 7]));
  const first = queue.take(1);
  expect(first?.length).toBe(64);
  expect(first?.entries.map(({ index }) => index)).toEqual([0, 2]);
  expect(queue.take(1)?.entries.map(({ index }) => index)).toEqual([1, 3]);
  expect(queue.take(1)).toBeUndefined();
});

test('a batch is cut by padded positions, so short rows make larger batches', () => {
  const queue = createQueue();
  queue.offer(createCall([...times(50, 64), ...times(50, 3)]));
  expect(queue.take(1)?.entries).toHaveLength(10);
  for (let taken = 0; taken < 4; taken++) queue.take(1);
  expect(queue.take(1)?.entries).toHaveLength(32);
});

test('the length whose oldest row came first has its turn, so no row starves', () => {
  const queue = createQueue();
  queue.offer(createCall([3]));
  queue.offer(createCall(times(100, 64)));
  expect(queue.take(1)?.length).toBe(20);
});

test('what waits is shared among free workers, but not below eight rows', () => {
  const queue = createQueue();
  queue.offer(createCall(times(18, 64)));
  expect(queue.take(2)?.entries).toHaveLength(9);
  expect(queue.take(1)?.entries).toHaveLength(9);
  queue.offer(createCall(times(9, 64)));
  expect(queue.take(2)?.entries).toHaveLength(8);
});

test('a busy worker is given a batch in advance only when it is full', () => {
  const queue = createQueue();
  queue.offer(createCall(times(9, 64)));
  expect(queue.takeFull()).toBeUndefined();
  queue.offer(createCall(times(1, 64)));
  expect(queue.takeFull()?.entries).toHaveLength(10);
});

test('the door is shut at the limit, counting what is in flight, and opens again', () => {
  const queue = createQueue(640);
  queue.offer(createCall(times(9, 64)));
  const batch = queue.take(1);
  expect(() => queue.offer(createCall(times(2, 64)))).toThrow(
    expect.objectContaining({ code: 'FRAUD_ENCODER_OVERLOADED' }),
  );
  expect(queue.positions()).toBe(576);
  if (batch) queue.release(batch);
  queue.offer(createCall(times(2, 64)));
  expect(queue.positions()).toBe(128);
});

test('a refused call leaves nothing in the queue', () => {
  const queue = createQueue(640);
  queue.offer(createCall(times(10, 64)));
  expect(() => queue.offer(createCall([5, 64]))).toThrow();
  expect(queue.positions()).toBe(640);
  expect(queue.takeAll().flatMap(({ entries }) => entries)).toHaveLength(10);
});

test('a call larger than the limit is let in when nothing else is there, so it cannot be refused for ever', () => {
  const queue = createQueue(640);
  queue.offer(createCall(times(50, 64)));
  expect(queue.positions()).toBe(3200);
});

test('rows of a failed call are not run any more', () => {
  const queue = createQueue();
  const failing = createCall(times(15, 64));
  queue.offer(failing);
  queue.offer(createCall(times(5, 64)));
  const batch = queue.take(1);
  failing.isSettled = true;
  if (batch) queue.release(batch);
  expect(queue.positions()).toBe(5 * 64);
  expect(queue.take(1)?.entries.every(({ call }) => call !== failing)).toBe(true);
});

test('positions return to nothing after thousands of batches', () => {
  const queue = createQueue();
  for (let round = 0; round < 2000; round++) {
    queue.offer(createCall([1, 30, 64, 20, 21]));
    for (let batch = queue.take(2); batch; batch = queue.take(2)) queue.release(batch);
  }
  expect(queue.positions()).toBe(0);
});

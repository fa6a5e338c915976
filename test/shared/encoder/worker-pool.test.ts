// test/shared/encoder/worker-pool.test.ts: batches among workers: order, failures, a hang, a death, closing.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import { createOnnxEncoder, type OnnxEncoderOptions } from '../../../shared/encoder/onnx-encoder.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { sampleReference } from '../../support/encoder-rows.ts';
import { createThreadDoubles, readyOnCpu, type ThreadDoubles } from '../../support/thread-double.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function start(doubles: ThreadDoubles, options: Partial<OnnxEncoderOptions> = {}) {
  return createOnnxEncoder({
    encoderModel: new Uint8Array(1),
    encoderVersion: 'double',
    config: encoderConfigs.tiny,
    heads: [],
    references: { default: sampleReference() },
    workers: 2,
    maxBatchPositions: 640,
    runDeadlineMs: 1_000,
    startThread: doubles.startThread,
    ...options,
  });
}

/** Calls of one turn of the event loop leave together, at its end. */
const endTurn = () => vi.advanceTimersByTime(0);

const rowsOf = (eventCounts: number[]) =>
  eventCounts.map((eventCount) => ({
    portfolioId: 'default',
    events: new Uint8Array(eventCount * EVENT_BYTES),
    eventCount,
    features: Float32Array.of(1, 2, 3),
  }));
const times = (count: number, eventCount: number) => new Array<number>(count).fill(eventCount);
const failed = expect.objectContaining({ code: 'FRAUD_ENCODER_FAILED' });

test('results come in the order of the rows although batches are answered in another', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles);
  const running = encoder.encodeMany(rowsOf([64, 2, 63, 1, 3, 64]));
  endTurn();
  const [first, second] = doubles.threads;
  second?.answer();
  first?.answer();
  const encoded = await running;
  expect(encoded.map(({ readings }) => readings[0])).toEqual([64, 2, 63, 1, 3, 64]);
  expect(encoded.map(({ rawScores }) => rawScores.length)).toEqual(times(6, 1));
});

test('calls of one turn leave as one batch', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  const calls = [1, 2, 3].map((eventCount) => encoder.encodeMany(rowsOf([eventCount])));
  const [thread] = doubles.threads;
  expect(thread?.received).toEqual([]);
  endTurn();
  expect(thread?.waiting.map(({ rowCount }) => rowCount)).toEqual([3]);
  thread?.answer();
  expect((await Promise.all(calls)).map(([row]) => row?.readings[0])).toEqual([1, 2, 3]);
});

test('free workers get a share each, and a busy one only a full batch in advance', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles);
  void encoder.encodeMany(rowsOf(times(20, 64)));
  endTurn();
  expect(doubles.threads.map(({ waiting }) => waiting.map(({ rowCount }) => rowCount))).toEqual([[10], [10]]);
  void encoder.encodeMany(rowsOf(times(9, 64)));
  endTurn();
  expect(doubles.threads.map(({ waiting }) => waiting.length)).toEqual([1, 1]);
  void encoder.encodeMany(rowsOf(times(1, 64)));
  endTurn();
  expect(doubles.threads.map(({ waiting }) => waiting.length)).toEqual([2, 1]);
});

test('a worker that becomes free pulls what waits at once', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  void encoder.encodeMany(rowsOf([64]));
  endTurn();
  void encoder.encodeMany(rowsOf([5, 6]));
  endTurn();
  const [thread] = doubles.threads;
  expect(thread?.received).toEqual([64]);
  thread?.answer();
  expect(thread?.received).toEqual([64, 5, 6]);
});

test('only the call whose row is not finite fails, and says which row', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  const blocker = encoder.encodeMany(rowsOf([64]));
  endTurn();
  const unharmed = encoder.encodeMany(rowsOf([5, 6]));
  endTurn();
  const harmed = encoder.encodeMany(rowsOf([7, 8]));
  endTurn();
  const [thread] = doubles.threads;
  thread?.answer();
  thread?.answer([3]);
  await blocker;
  expect((await unharmed).map(({ readings }) => readings[0])).toEqual([5, 6]);
  await expect(harmed).rejects.toMatchObject({ code: 'FRAUD_ENCODER_FAILED', facts: { row: 1 } });
  expect(encoder.isHealthy()).toBe(true);
});

test('a failed batch fails its calls and the worker goes on', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  const running = encoder.encodeMany(rowsOf([5]));
  endTurn();
  doubles.threads[0]?.fail('bad allocation');
  await expect(running).rejects.toThrow('bad allocation');
  const next = encoder.encodeMany(rowsOf([6]));
  endTurn();
  doubles.threads[0]?.answer();
  expect((await next)[0]?.readings[0]).toBe(6);
  expect(encoder.queuedPositions()).toBe(0);
});

test('a worker that hangs is abandoned at the deadline; the encoder is unhealthy and the others go on', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles);
  const hanging = encoder.encodeMany(rowsOf([64]));
  endTurn();
  const outcome = expect(hanging).rejects.toEqual(failed);
  await vi.advanceTimersByTimeAsync(999);
  expect(encoder.isHealthy()).toBe(true);
  await vi.advanceTimersByTimeAsync(2);
  await outcome;
  expect(encoder.isHealthy()).toBe(false);
  expect(doubles.threads.map(({ isAbandoned }) => isAbandoned)).toEqual([true, false]);
  const next = encoder.encodeMany(rowsOf([5]));
  endTurn();
  doubles.threads[1]?.answer();
  expect((await next)[0]?.readings[0]).toBe(5);
});

test('an answer that arrives together with the deadline wins: the main thread was blocked, not the worker', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  const running = encoder.encodeMany(rowsOf([64]));
  endTurn();
  vi.advanceTimersToNextTimer();
  doubles.threads[0]?.answer();
  await vi.advanceTimersByTimeAsync(10);
  expect(await running).toHaveLength(1);
  expect(encoder.isHealthy()).toBe(true);
});

test('the deadline counts from the last answer, not from when a batch was handed over in advance', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  const running = encoder.encodeMany(rowsOf(times(20, 64)));
  endTurn();
  await vi.advanceTimersByTimeAsync(800);
  doubles.threads[0]?.answer();
  await vi.advanceTimersByTimeAsync(800);
  doubles.threads[0]?.answer();
  expect(await running).toHaveLength(20);
  expect(encoder.isHealthy()).toBe(true);
});

test('when the last worker is lost everything that waits fails, and new calls are refused', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1 });
  const running = encoder.encodeMany(rowsOf([64]));
  endTurn();
  const waiting = encoder.encodeMany(rowsOf([5]));
  endTurn();
  const outcomes = Promise.all([
    expect(running).rejects.toEqual(failed),
    expect(waiting).rejects.toEqual(failed),
  ]);
  doubles.threads[0]?.die(new Error('segmentation fault'));
  await outcomes;
  expect(encoder.isHealthy()).toBe(false);
  expect(encoder.queuedPositions()).toBe(0);
  await expect(encoder.encodeMany(rowsOf([5]))).rejects.toThrow('No worker is left.');
});

test('the queue refuses at the door and a refused call does not disturb the accepted one', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { workers: 1, queueLimitPositions: 640 });
  const accepted = encoder.encodeMany(rowsOf(times(10, 64)));
  endTurn();
  await expect(encoder.encodeMany(rowsOf([5]))).rejects.toMatchObject({ code: 'FRAUD_ENCODER_OVERLOADED' });
  doubles.threads[0]?.answer();
  expect(await accepted).toHaveLength(10);
});

test('close answers what was accepted, refuses what comes later, and closes every thread', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles);
  const accepted = encoder.encodeMany(rowsOf([64]));
  endTurn();
  const closing = encoder.close();
  await expect(encoder.encodeMany(rowsOf([5]))).rejects.toThrow('closing');
  expect(doubles.threads.some(({ isClosed }) => isClosed)).toBe(false);
  doubles.threads[0]?.answer();
  await closing;
  expect(await accepted).toHaveLength(1);
  expect(doubles.threads.every(({ isClosed }) => isClosed)).toBe(true);
  expect(encoder.isHealthy()).toBe(true);
});

test('a GPU gets one thread whatever number is asked for', async () => {
  const report = { asked: 'auto', provider: 'cuda', refused: [] } as const;
  const doubles = createThreadDoubles({ firstWord: () => ({ ...readyOnCpu, report }) });
  const encoder = await start(doubles, { workers: 8 });
  expect(doubles.threads).toHaveLength(1);
  expect(encoder.provider).toBe('cuda');
});

test('only the first thread looks for a GPU', async () => {
  const doubles = createThreadDoubles();
  await start(doubles, { workers: 3, provider: 'auto' });
  expect(doubles.threads.map(({ provider }) => provider)).toEqual(['auto', 'cpu', 'cpu']);
});

test('a thread that cannot start stops the start with its own error, and closes those that did', async () => {
  const failure = { kind: 'start-failure', code: 'FRAUD_MODEL_INVALID', detail: 'no head' } as const;
  const doubles = createThreadDoubles({ firstWord: (at) => (at === 2 ? failure : readyOnCpu) });
  await expect(start(doubles, { workers: 3 })).rejects.toMatchObject({ code: 'FRAUD_MODEL_INVALID' });
  expect(doubles.threads.map(({ isClosed }) => isClosed).slice(0, 2)).toEqual([true, true]);
});

test.each([
  ['no events', { eventCount: 0 }],
  ['fewer bytes than events', { eventCount: 9 }],
  ['features of another width', { features: Float32Array.of(1) }],
  ['a portfolio without a reference', { portfolioId: 'unknown' }],
])('a row with %s is refused before it meets others', async (_name, change) => {
  const encoder = await start(createThreadDoubles());
  const rows = rowsOf([5]).map((row) => ({ ...row, ...change }));
  await expect(encoder.encodeMany(rows)).rejects.toMatchObject({ code: 'FRAUD_INPUT_INVALID' });
  expect(encoder.queuedPositions()).toBe(0);
});

test('a reference named * serves portfolios that are not named', async () => {
  const doubles = createThreadDoubles();
  const encoder = await start(doubles, { references: { '*': sampleReference('*') } });
  const running = encoder.encodeMany(rowsOf([5]));
  endTurn();
  doubles.threads[0]?.answer();
  expect(await running).toHaveLength(1);
});

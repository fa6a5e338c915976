// test/shared/encoder/batch-runner.test.ts: one batch inside a worker, on real ONNX Runtime and on a binding double.
import { expect, test } from 'vitest';
import { inputBytes, packBatch } from '../../../shared/encoder/batch-message.ts';
import { type BatchRunner, startBatchRunner } from '../../../shared/encoder/batch-runner.ts';
import type { Binding } from '../../../shared/encoder/binding.ts';
import {
  CURRENT_EVENT_COUNT,
  createInputs,
  paddedLengthOf,
  writeChannels,
  writeCurrentEvent,
} from '../../../shared/encoder/channels.ts';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import type { EncoderRow } from '../../../shared/encoder/encoder.ts';
import { toFeeds } from '../../../shared/encoder/encoder-feeds.ts';
import { createOnnxBinding } from '../../../shared/encoder/onnx-binding.ts';
import { toEncoderOutputs, toReadings } from '../../../shared/encoder/readings.ts';
import type { WorkerSettings } from '../../../shared/encoder/worker-protocol.ts';
import { EVENT_BYTES, WINDOW } from '../../../shared/sequence/packed-event.ts';
import { createBindingDouble } from '../../support/binding-double.ts';
import {
  SAMPLE_FEATURES,
  sampleEncoder,
  sampleHead,
  sampleReference,
  sampleRows,
} from '../../support/encoder-rows.ts';

const config = encoderConfigs.tiny;
const settings: WorkerSettings = {
  encoderModel: sampleEncoder(config),
  config,
  heads: [sampleHead(config)],
  references: [sampleReference()],
  provider: 'cpu',
};

/** Runs rows of one padded length; `values` is as the main thread finds it. */
async function runRows(runner: BatchRunner, rows: readonly EncoderRow[], length: number) {
  const { featureWidth, outputWidth } = runner;
  const shape = { rowCount: rows.length, length, featureWidth };
  const slot = {
    input: new SharedArrayBuffer(inputBytes(rows.length, rows.length * WINDOW, featureWidth)),
    output: new SharedArrayBuffer(rows.length * outputWidth * 4),
  };
  packBatch(rows, shape, () => 0, slot.input);
  return { ...(await runner.run(slot, shape)), values: new Float32Array(slot.output) };
}

/** Readings and raw score of one row, step by step and without any machinery. */
async function scoreNaively(binding: Binding, row: EncoderRow): Promise<number[]> {
  const inputs = createInputs(1, paddedLengthOf(row.eventCount));
  writeChannels(row, inputs, 0);
  const encoder = await binding.createSession(settings.encoderModel, 'cpu');
  const readings = toReadings(
    toEncoderOutputs(await encoder.run(toFeeds(inputs)), inputs),
    0,
    sampleReference(),
  );
  const current = new Float32Array(CURRENT_EVENT_COUNT);
  writeCurrentEvent(row.events, (row.eventCount - 1) * EVENT_BYTES, current, 0);
  const x = Float32Array.from([...readings, ...row.features, ...current]);
  const head = await binding.createSession(sampleHead(config).graph, 'cpu');
  const { logit } = await head.run({ x: { data: x, dims: [1, x.length] } });
  return [...readings, ...(logit?.data ?? [])];
}

test('a batch equals the naive way, row by row', async () => {
  const binding = createOnnxBinding();
  const runner = await startBatchRunner(settings, binding);
  const rows = sampleRows({ seed: 8, rows: 6, eventCount: 40 });
  const { values, failedRows } = await runRows(runner, rows, paddedLengthOf(40));
  expect(failedRows).toEqual([]);
  for (const [at, row] of rows.entries()) {
    const found = [...values.subarray(at * runner.outputWidth, (at + 1) * runner.outputWidth)];
    expect(found).toEqual(await scoreNaively(binding, row));
  }
  await runner.release();
});

test('heads after the first that throw or give NaN fail no row, and change no number of the first', async () => {
  const onnx = createOnnxBinding();
  const alone = await startBatchRunner(settings, onnx);
  const rows = sampleRows({ seed: 9, rows: 4, eventCount: 10 });
  const expected = await runRows(alone, rows, 20);
  await alone.release();
  const good = sampleHead(config);
  const heads = [good, ...['throwing', 'nan', 'sound'].map((modelVersion) => ({ ...good, modelVersion }))];
  let loaded = 0;
  const binding: Binding = {
    createSession: async (model, provider) => {
      const session = await onnx.createSession(model, provider);
      // Sessions in the order of creation: encoder, champion's head, the three, then the three as one.
      const place = loaded++;
      if (place === 2 || place === 5) return { ...session, run: () => Promise.reject(new Error('broken')) };
      if (place !== 3) return session;
      const nan = { data: new Float32Array(rows.length).fill(Number.NaN), dims: [rows.length, 1] };
      return { ...session, run: async () => ({ logit: nan }) };
    },
  };
  const runner = await startBatchRunner({ ...settings, heads }, binding);
  const { values, failedRows } = await runRows(runner, rows, 20);
  expect(failedRows).toEqual([]);
  const { readingCount } = runner;
  for (const at of rows.keys()) {
    const row = [...values.subarray(at * (readingCount + 4), (at + 1) * (readingCount + 4))];
    const one = [...expected.values.subarray(at * (readingCount + 1), (at + 1) * (readingCount + 1))];
    expect(row.slice(0, readingCount + 1)).toEqual(one);
    expect(row.slice(readingCount + 1)).toEqual([Number.NaN, Number.NaN, one.at(-1)]);
  }
  await runner.release();
});

test('heads after the first are run as one graph, and give the numbers that each gives alone', async () => {
  const heads = ['first', 'second', 'third'].map((modelVersion) => ({ ...sampleHead(config), modelVersion }));
  const onnx = createOnnxBinding();
  let runs = 0;
  const counting: Binding = {
    createSession: async (model, provider) => {
      const session = await onnx.createSession(model, provider);
      const run: typeof session.run = (inputs) => {
        runs++;
        return session.run(inputs);
      };
      return { ...session, run };
    },
  };
  const rows = sampleRows({ seed: 9, rows: 4, eventCount: 10 });
  const alone = await startBatchRunner(settings, onnx);
  const expected = await runRows(alone, rows, 20);
  await alone.release();
  const runner = await startBatchRunner({ ...settings, heads }, counting);
  runs = 0;
  const { values } = await runRows(runner, rows, 20);
  expect(runs).toBe(3);
  const width = runner.readingCount + heads.length;
  for (const at of rows.keys()) {
    const score = expected.values[(at + 1) * (runner.readingCount + 1) - 1];
    expect([...values.subarray(at * width + runner.readingCount, (at + 1) * width)]).toEqual([
      score,
      score,
      score,
    ]);
  }
  await runner.release();
});

test('a row with a feature that is not finite is named, its neighbours are unharmed', async () => {
  const runner = await startBatchRunner(settings, createOnnxBinding());
  const rows = sampleRows({ seed: 9, rows: 4, eventCount: 10 });
  const clean = await runRows(runner, rows, 20);
  rows[2]?.features.fill(Number.NaN);
  const { values, failedRows } = await runRows(runner, rows, 20);
  expect(failedRows).toEqual([2]);
  const width = runner.outputWidth;
  expect([...values.subarray(3 * width)]).toEqual([...clean.values.subarray(3 * width)]);
  await runner.release();
});

test('outputs of the encoder that are not finite fail the row, with and without features', async () => {
  const binding = createBindingDouble({ valueOn: () => Number.POSITIVE_INFINITY });
  const runner = await startBatchRunner({ ...settings, heads: [] }, binding);
  const { failedRows } = await runRows(runner, sampleRows({ seed: 1, rows: 3, eventCount: 9 }), 20);
  expect(failedRows).toEqual([0, 1, 2]);
});

test('a GPU sees only the fixed batch sizes it was warmed with', async () => {
  const binding = createBindingDouble();
  const runner = await startBatchRunner(
    { ...settings, heads: [], provider: 'cuda', maxBatchPositions: 1280 },
    binding,
  );
  const warmed = new Set(binding.runs.map(({ dims }) => dims.join()));
  for (const rows of [1, 2, 3, 4, 17, 20]) {
    await runRows(runner, sampleRows({ seed: rows, rows, eventCount: WINDOW }), WINDOW);
    const last = binding.runs.at(-1);
    expect(last?.dims[0]).toBeGreaterThanOrEqual(rows);
    expect(warmed).toContain(last?.dims.join());
  }
});

test('heads tell how many features they expect', async () => {
  const runner = await startBatchRunner(settings, createOnnxBinding());
  expect(runner.featureWidth).toBe(SAMPLE_FEATURES);
  expect(runner.outputWidth).toBe(runner.readingCount + 1);
  await runner.release();
});

test.each([
  ['a head of another encoder', [sampleHead(encoderConfigs.small), sampleHead(config)]],
  ['an encoder in place of a head', [{ modelVersion: 'wrong', graph: sampleEncoder(config) }]],
])('%s stops the start', async (_name, heads) => {
  const start = startBatchRunner({ ...settings, heads }, createOnnxBinding());
  await expect(start).rejects.toMatchObject({ code: 'FRAUD_MODEL_INVALID' });
});

test('bytes that are no model stop the start', async () => {
  const start = startBatchRunner(
    { ...settings, encoderModel: new Uint8Array(100).fill(7) },
    createOnnxBinding(),
  );
  await expect(start).rejects.toMatchObject({ code: 'FRAUD_MODEL_INVALID' });
});

test('neighbours with the same events share a pass of the encoder and differ by their features alone', async () => {
  const [first, second] = sampleRows({ seed: 5, rows: 2, eventCount: 12 });
  if (!first || !second) throw new Error('two rows expected');
  const other = { ...first, features: first.features.map((value) => value + 1) };
  const rows = [first, other, second, first];
  const runner = await startBatchRunner(settings, createOnnxBinding());
  const { values } = await runRows(runner, rows, paddedLengthOf(12));
  const { outputWidth, readingCount } = runner;
  const valuesOf = (row: number) => [...values.subarray(row * outputWidth, (row + 1) * outputWidth)];
  expect(valuesOf(1).slice(0, readingCount)).toEqual(valuesOf(0).slice(0, readingCount));
  expect(valuesOf(1)[readingCount]).not.toBe(valuesOf(0)[readingCount]);
  for (const [at, row] of rows.entries()) {
    for (const [place, value] of (await scoreNaively(createOnnxBinding(), row)).entries())
      expect(valuesOf(at)[place]).toBeCloseTo(value, 4);
  }
  await runner.release();
});

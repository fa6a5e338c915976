// test/parity/encoder-parity.test.ts: the trainer's forward pass and the serving graph give the same, on random and on shipped weights.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createInputs,
  type EncoderInputs,
  LENGTH_BUCKETS,
  paddedLengthOf,
  SURPRISE_POSITIONS,
  writeChannels,
} from '../../shared/encoder/channels.ts';
import {
  type EncoderConfig,
  type EncoderWeights,
  encoderConfigs,
  randomWeights,
  weightShapes,
} from '../../shared/encoder/definition.ts';
import { toFeeds } from '../../shared/encoder/encoder-feeds.ts';
import { createOnnxBinding } from '../../shared/encoder/onnx-binding.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { loadPretrained, PRETRAINED_FILES, shippedDirectory } from '../../shared/encoder/pretrained.ts';
import { type EncoderOutputs, toEncoderOutputs } from '../../shared/encoder/readings.ts';
import { fromSafetensors, toSafetensors } from '../../shared/encoder/safetensors.ts';
import { type Backend, chooseBackend } from '../../shared/training/backend.ts';
import { readOutputs } from '../../shared/training/read-outputs.ts';
import { sampleRows } from '../support/encoder-rows.ts';

const PARITY = 1e-4;
let backend: Backend;
beforeAll(async () => {
  backend = await chooseBackend();
}, 60_000);

function inputsOf(rows: { events: Uint8Array; eventCount: number }[], length: number): EncoderInputs {
  const inputs = createInputs(rows.length, length);
  rows.forEach((row, index) => {
    writeChannels(row, inputs, index);
  });
  return inputs;
}

type Run = (inputs: EncoderInputs) => Promise<EncoderOutputs>;

/** One session for as long as `use` runs. */
async function withSession(model: Uint8Array, use: (run: Run) => Promise<void>): Promise<void> {
  const session = await createOnnxBinding().createSession(model, 'cpu');
  try {
    await use(async (inputs) => toEncoderOutputs(await session.run(toFeeds(inputs)), inputs));
  } finally {
    await session.release();
  }
}

function largestDifference(left: EncoderOutputs, right: EncoderOutputs): number {
  const names = ['embedding', 'forecastAmount', 'forecastHour', 'surprise'] as const;
  return Math.max(
    ...names.flatMap((name) => {
      expect(right[name]).toHaveLength(left[name].length);
      return Array.from(left[name], (value, at) => Math.abs(value - (right[name][at] ?? Number.NaN)));
    }),
  );
}

async function expectParity(config: EncoderConfig, weights: EncoderWeights, model: Uint8Array) {
  await withSession(model, async (run) => {
    for (const length of LENGTH_BUCKETS) {
      const rows = sampleRows({ seed: length, rows: 40 })
        .filter((row) => paddedLengthOf(row.eventCount) === length)
        .slice(0, 3);
      const inputs = inputsOf(rows, length);
      const trained = readOutputs({ tf: backend.tf, config }, weights, inputs);
      expect(largestDifference(trained, await run(inputs))).toBeLessThanOrEqual(PARITY);
    }
  });
}

function sameBits(left: Float32Array, right: Float32Array | undefined): boolean {
  const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return right !== undefined && bytes(left).equals(bytes(right));
}

describe.each(Object.values(encoderConfigs))('the encoder "$name"', (config) => {
  test('gives the same in tfjs and in ONNX Runtime, on random weights and at every length', async () => {
    const weights = randomWeights(config, 5);
    await expectParity(config, weights, toOnnxModel(config, weights));
  });

  test('gives the same in tfjs and in ONNX Runtime, on the shipped weights', async () => {
    const shipped = loadPretrained(config.name);
    await expectParity(config, shipped.readWeights(), shipped.model);
  });

  test('is shipped with weights from which exactly the shipped graph is built', () => {
    const shipped = loadPretrained(config.name);
    expect(Buffer.from(toOnnxModel(config, shipped.readWeights())).equals(shipped.model)).toBe(true);
    expect(shipped.model.byteLength).toBeLessThan(2 * 1024 * 1024);
  });

  test('survives safetensors', () => {
    const weights = randomWeights(config, 6);
    const tensors = weightShapes(config).map(
      ({ name, shape }) => [name, { shape, values: weights.get(name) ?? new Float32Array() }] as const,
    );
    const bytes = toSafetensors(new Map(tensors), { name: config.name });
    const read = fromSafetensors(Buffer.concat([Buffer.from('front'), bytes]).subarray(5));
    expect(read.metadata).toEqual({ name: config.name });
    expect([...read.tensors.keys()]).toEqual([...weights.keys()]);
    for (const [name, { values }] of read.tensors) expect(sameBits(values, weights.get(name))).toBe(true);
  });
});

describe('the serving graph', () => {
  const config = encoderConfigs.small;
  const model = toOnnxModel(config, randomWeights(config, 9));
  const last = (outputs: EncoderOutputs, row: number) => ({
    embedding: outputs.embedding.slice(row * outputs.width, (row + 1) * outputs.width),
    amount: outputs.forecastAmount.slice(row * 48, (row + 1) * 48),
    hour: outputs.forecastHour.slice(row * 24, (row + 1) * 24),
    surprise: outputs.surprise.slice(row * 96, (row + 1) * 96),
  });

  const lastOf = async (rows: { events: Uint8Array; eventCount: number }[], length: number) => {
    const read: ReturnType<typeof last>[] = [];
    await withSession(model, async (run) => {
      const outputs = await run(inputsOf(rows, length));
      read.push(...rows.map((_, row) => last(outputs, row)));
    });
    return read;
  };

  test('gives a row the same bits whatever it is batched with, and in whatever order', async () => {
    await withSession(model, async (run) => {
      for (const length of LENGTH_BUCKETS) {
        const rows = sampleRows({ seed: length, rows: 200 })
          .filter((row) => paddedLengthOf(row.eventCount) === length)
          .slice(0, 32);
        const alone: ReturnType<typeof last>[] = [];
        for (const row of rows) alone.push(last(await run(inputsOf([row], length)), 0));
        for (const size of [2, 7, rows.length]) {
          const order = rows.map((_, index) => (index * 11 + 3) % rows.length).slice(0, size);
          const batch = await run(
            inputsOf(
              order.flatMap((index) => rows[index] ?? []),
              length,
            ),
          );
          order.forEach((index, row) => {
            const inBatch = last(batch, row);
            for (const [name, values] of Object.entries(alone[index] ?? {})) {
              expect(sameBits(values, inBatch[name as keyof typeof inBatch])).toBe(true);
            }
          });
        }
      }
    });
  });

  test('is causal: another last transaction leaves every reading before it untouched', async () => {
    const [row, other] = sampleRows({ seed: 3, rows: 2, eventCount: 40 });
    if (!row || !other) throw new Error('no rows');
    const changed = row.events.slice();
    changed.set(other.events.subarray(other.events.length - 48), changed.length - 48);
    const [before, after] = await lastOf([row, { events: changed, eventCount: 40 }], 48);
    if (!before || !after) throw new Error('no readings');
    const earlier = (SURPRISE_POSITIONS - 1) * 6;
    expect(after.surprise.slice(0, earlier)).toEqual(before.surprise.slice(0, earlier));
    expect(after.surprise.slice(earlier)).not.toEqual(before.surprise.slice(earlier));
    expect(after.embedding).not.toEqual(before.embedding);
  });

  test('is finite on a first transaction, and forecasts are distributions', async () => {
    const rows = sampleRows({ seed: 4, rows: 3, eventCount: 1 });
    for (const read of await lastOf(rows, 20)) {
      for (const values of Object.values(read)) expect(values.every(Number.isFinite)).toBe(true);
      const sum = (logs: Float32Array) => logs.reduce((total, each) => total + Math.exp(each), 0);
      expect(sum(read.amount)).toBeCloseTo(1, 4);
      expect(sum(read.hour)).toBeCloseTo(1, 4);
      expect(read.surprise.slice(0, 90).every((bits) => bits === 0)).toBe(true);
      expect(read.surprise.slice(90).some((bits) => bits > 0)).toBe(true);
    }
  });
});

/** Python with the package `onnx`: named by FRAUD_TEST_PYTHON, or the one on the path. */
function findOnnxPython(): string | undefined {
  const python = process.env.FRAUD_TEST_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
}

const onnxPython = findOnnxPython();
test.skipIf(onnxPython === undefined)(
  'shipped graphs pass onnx.checker (skipped without Python’s onnx)',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'fraud-onnx-'));
    try {
      const random = join(directory, 'random.onnx');
      writeFileSync(random, toOnnxModel(encoderConfigs.small, randomWeights(encoderConfigs.small, 1)));
      const files = Object.keys(encoderConfigs).map((name) =>
        join(shippedDirectory(name), PRETRAINED_FILES.model),
      );
      const script =
        'import onnx, sys\nfor f in sys.argv[1:]: onnx.checker.check_model(onnx.load(f), full_check=True)';
      execFileSync(onnxPython ?? '', ['-c', script, random, ...files], { stdio: 'pipe' });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);

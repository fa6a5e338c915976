// test/shared/training/pretrain-encoder.test.ts: pretraining learns, is repeatable, resumes where it stopped, and refuses to diverge.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type EncoderConfig, type EncoderWeights, weightShapes } from '../../../shared/encoder/definition.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { flatten } from '../../../shared/training/adam-w.ts';
import { chooseBackend, type TensorFlow } from '../../../shared/training/backend.ts';
import { readCheckpoint, writeCheckpoint } from '../../../shared/training/checkpoint-file.ts';
import { createPackedStreamBuilder, type PackedStream } from '../../../shared/training/packed-stream.ts';
import {
  type Checkpoint,
  defaultPretrainSettings,
  learningRateAt,
  pretrainEncoder,
} from '../../../shared/training/pretrain-encoder.ts';
import { sampleRows } from '../../support/encoder-rows.ts';

const config: EncoderConfig = { name: 'micro', width: 8, layers: 1, heads: 2, feedForward: 8, window: 12 };
const settings = {
  ...defaultPretrainSettings,
  steps: 6,
  rows: 4,
  warmUpSteps: 1,
  learningRate: 1e-2,
  evaluateEvery: 2,
  heldOutBatches: 1,
};
let tf: TensorFlow;
let stream: PackedStream;

beforeAll(async () => {
  // Plain JavaScript: slow, but the same to the bit every time and everywhere.
  tf = (await chooseBackend('cpu')).tf;
  const builder = createPackedStreamBuilder();
  sampleRows({ seed: 12, rows: 12, eventCount: 30 }).forEach(({ events }, card) => {
    for (let at = 0; at < events.length; at += EVENT_BYTES) {
      builder.add(`card-${card}`, events.subarray(at, at + EVENT_BYTES));
    }
  });
  stream = builder.build();
}, 30_000);

const vectorOf = (weights: EncoderWeights): Float32Array => flatten(weightShapes(config), weights);

describe('pretraining', () => {
  test('resumes from a checkpoint on disk and ends with the weights of the uninterrupted run', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fraud-pretrain-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'run', 'checkpoint.safetensors');
    const input = { tf, config, training: stream, heldOut: stream, settings };
    const whole = await pretrainEncoder(input);

    const stopped = await pretrainEncoder({
      ...input,
      onCheckpoint: (checkpoint) => writeCheckpoint(file, checkpoint, 'this run'),
      shouldGoOn: () => false,
    });
    expect(stopped.finished).toBe(false);
    expect(readCheckpoint(file, 'another run')).toBeUndefined();
    const resume = readCheckpoint(file, 'this run');
    expect(resume?.state.step).toBe(2);
    const resumed = await pretrainEncoder({ ...input, ...(resume && { resume }) });

    expect(vectorOf(resumed.weights)).toEqual(vectorOf(whole.weights));
    expect(resumed.curve).toEqual(whole.curve);
    expect(whole.curve.map(({ step }) => step)).toEqual([2, 4, 6]);
  });

  test('lowers the held-out loss', async () => {
    const longer = { ...settings, steps: 24, evaluateEvery: 4, heldOutBatches: 4 };
    const { curve } = await pretrainEncoder({
      tf,
      config,
      training: stream,
      heldOut: stream,
      settings: longer,
    });
    expect(curve.at(-1)?.heldOut?.total).toBeLessThan((curve[0]?.heldOut?.total ?? 0) - 0.3);
  });

  test('leaks no tensors from step to step', async () => {
    const counts: number[] = [];
    const onStep = () => counts.push(tf.memory().numTensors);
    await pretrainEncoder({ tf, config, training: stream, settings, onStep });
    expect(new Set(counts.slice(1)).size).toBe(1);
  });

  test('stops when a loss is not finite', async () => {
    const broken: Checkpoint = {
      state: {
        step: 0,
        weights: new Float32Array(vectorOf(new Map()).length).fill(Number.NaN),
        mean: new Float32Array(vectorOf(new Map()).length),
        square: new Float32Array(vectorOf(new Map()).length),
      },
      curve: [],
    };
    const run = pretrainEncoder({ tf, config, training: stream, settings, resume: broken });
    await expect(run).rejects.toMatchObject({ code: 'FRAUD_TRAINING_DIVERGED' });
  });
});

test('the learning rate rises, then falls to nothing', () => {
  const rates = Array.from({ length: 100 }, (_, step) =>
    learningRateAt(step, { ...settings, steps: 100, warmUpSteps: 10, learningRate: 1 }),
  );
  expect(rates[0]).toBeCloseTo(0.1);
  expect(Math.max(...rates)).toBeCloseTo(1);
  expect(rates[99]).toBeLessThan(0.01);
});

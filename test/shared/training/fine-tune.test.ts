// test/shared/training/fine-tune.test.ts: fine-tuning learns from labels, moves only what it may, resumes where it stopped.
import { beforeAll, describe, expect, test } from 'vitest';
import { type EncoderConfig, randomWeights, weightShapes } from '../../../shared/encoder/definition.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { chooseBackend, type TensorFlow } from '../../../shared/training/backend.ts';
import { type FineTuneCheckpoint, type FineTuneInput, fineTune } from '../../../shared/training/fine-tune.ts';
import type { FineTuneRows } from '../../../shared/training/fine-tune-rows.ts';
import { fineTuneSettingsSchema } from '../../../shared/training/fine-tune-settings.ts';
import { createPackedStreamBuilder, type PackedStream } from '../../../shared/training/packed-stream.ts';
import { sampleRows } from '../../support/encoder-rows.ts';

const config: EncoderConfig = { name: 'micro', width: 8, layers: 2, heads: 2, feedForward: 8, window: 12 };
const EVENTS = 4;
const settings = fineTuneSettingsSchema.parse({
  steps: 24,
  rows: 24,
  learningRate: 0.03,
  layerDecay: 1,
  warmUpSteps: 2,
  averaging: 0.8,
  forecastRows: 2,
  headWidth: 8,
  evaluateEvery: 6,
  inputDropout: 0,
});
const initial = randomWeights(config, 5);
let tf: TensorFlow;
let stream: PackedStream;

/** Fraud when the amount is large: only the encoder can tell, the other input is empty. */
function createRows(seed: number): FineTuneRows {
  const rows = sampleRows({ seed, rows: 120, eventCount: EVENTS });
  const labels = Uint8Array.from(rows, ({ events }) => {
    const view = new DataView(events.buffer, events.byteOffset);
    return view.getFloat32((EVENTS - 1) * EVENT_BYTES + 20, true) > 2 ? 1 : 0;
  });
  return {
    others: { inputs: ['nothing'], values: new Float32Array(rows.length), labels },
    windowOf: (row) => ({ events: rows[row]?.events ?? new Uint8Array(), count: EVENTS }),
  };
}

let input: FineTuneInput;

beforeAll(async () => {
  tf = (await chooseBackend('cpu')).tf;
  const builder = createPackedStreamBuilder();
  sampleRows({ seed: 12, rows: 6, eventCount: 20 }).forEach(({ events }, card) => {
    for (let at = 0; at < events.length; at += EVENT_BYTES)
      builder.add(`card-${card}`, events.subarray(at, at + EVENT_BYTES));
  });
  stream = builder.build();
  input = { tf, config, initial, training: createRows(1), later: createRows(2), stream, settings, seed: 3 };
}, 30_000);

describe('fine-tuning', () => {
  test('finds what only the history tells, and tells the forecast loss before and after', async () => {
    const { curve, keptStep, heldOutForecastLoss } = await fineTune({ ...input, heldOut: stream });
    const best = Math.max(...curve.map(({ averagePrecision }) => averagePrecision));
    expect(best).toBeGreaterThan(0.6);
    expect(curve.find(({ step }) => step === keptStep)?.averagePrecision).toBe(best);
    expect(heldOutForecastLoss?.before).toBeGreaterThan(0);
    expect(heldOutForecastLoss?.after).not.toBe(heldOutForecastLoss?.before);
  });

  test('leaves inputs and lower layers alone when only the last layer may move', async () => {
    const { weights } = await fineTune({ ...input, settings: { ...settings, steps: 3, lastLayers: 1 } });
    const moved = weightShapes(config).filter(({ name }) =>
      weights.get(name)?.some((value, at) => value !== initial.get(name)?.[at]),
    );
    expect(moved.map(({ name }) => name)).toContain('layer.1.attention.query.weight');
    expect(moved.filter(({ name }) => /^(input|layer\.0)\./.test(name))).toEqual([]);
  });

  test('resumed from a checkpoint ends with the weights of the uninterrupted run', async () => {
    const checkpoints: FineTuneCheckpoint[] = [];
    const whole = await fineTune({ ...input, onCheckpoint: (checkpoint) => checkpoints.push(checkpoint) });
    const resumed = await fineTune({ ...input, resume: checkpoints[1] });
    expect(resumed.curve.length).toBe(whole.curve.length);
    const name = 'layer.0.feedForward.in.weight';
    const [left, right] = [whole.weights.get(name) ?? [], resumed.weights.get(name) ?? []];
    expect(Math.max(...Array.from(left, (value, at) => Math.abs(value - (right[at] ?? 9))))).toBeLessThan(
      1e-5,
    );
  });

  test('stops when the later window has not improved for as long as it has patience', async () => {
    const still = { ...settings, learningRate: 1e-9, patience: 2, steps: 100 };
    const { curve, keptStep } = await fineTune({ ...input, settings: still });
    expect(keptStep).toBe(6);
    expect(curve).toHaveLength(3);
  });

  test('is refused without a labelled fraud', async () => {
    const { others, windowOf } = input.training;
    const training = { windowOf, others: { ...others, labels: new Uint8Array(others.labels.length) } };
    await expect(fineTune({ ...input, training })).rejects.toThrow(/no labelled fraud/);
  });
});

// test/shared/encoder/onnx-encoder.test.ts: real threads: starting, failing, closing while runs are in flight.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encoderConfigs } from '../../../shared/encoder/definition.ts';
import {
  createOnnxEncoder,
  type OnnxEncoder,
  type OnnxEncoderOptions,
} from '../../../shared/encoder/onnx-encoder.ts';
import { sampleEncoder, sampleHead, sampleReference, sampleRows } from '../../support/encoder-rows.ts';

const config = encoderConfigs.tiny;
const options: OnnxEncoderOptions = {
  encoderModel: sampleEncoder(config),
  encoderVersion: 'tiny-sample',
  config,
  heads: [sampleHead(config)],
  references: { default: sampleReference() },
  provider: 'cpu',
  workers: 1,
};
const hasNvidia = existsSync('/dev/nvidia0');

test('close while runs are in flight answers them all and does not abort the process', async () => {
  const encoder = await createOnnxEncoder({ ...options, workers: 2 });
  const rows = sampleRows({ seed: 1, rows: 600 });
  const running = encoder.encodeMany(rows);
  const closing = encoder.close();
  expect(await running).toHaveLength(600);
  await closing;
  await expect(encoder.encodeMany(rows)).rejects.toMatchObject({ code: 'FRAUD_ENCODER_FAILED' });
});

describe('one worker on the best provider', () => {
  let encoder: OnnxEncoder;
  beforeAll(async () => {
    encoder = await createOnnxEncoder({ ...options, provider: 'auto' });
  });
  afterAll(() => encoder.close());

  test('a row that is not finite fails its own call, and the next call is answered', async () => {
    const rows = sampleRows({ seed: 2, rows: 4 });
    const broken = rows.map((row, at) =>
      at === 1 ? { ...row, features: row.features.map(() => Number.NaN) } : row,
    );
    await expect(encoder.encodeMany(broken)).rejects.toMatchObject({ facts: { row: 1 } });
    expect(await encoder.encodeMany(rows)).toHaveLength(4);
    expect(encoder.isHealthy()).toBe(true);
  });

  test('it says which providers were tried before and why they were refused', () => {
    const { provider, refused } = encoder.providerReport;
    expect(encoder.provider).toBe(provider);
    const before = { cuda: [], webgpu: ['cuda'], cpu: ['cuda', 'webgpu'] }[provider];
    expect(refused.map((each) => each.provider)).toEqual(before);
    expect(refused.every(({ reason }) => reason.length > 0)).toBe(true);
  });

  test('activity counts every row, and workers tell their processor time on Linux', async () => {
    const before = encoder.activity();
    await encoder.encodeMany(sampleRows({ seed: 3, rows: 40 }));
    expect(encoder.activity().rows - before.rows).toBe(40);
    expect(encoder.activity().encoderMs).toBeGreaterThan(before.encoderMs);
    if (process.platform === 'linux') expect(await encoder.usageMs()).toBeGreaterThan(0);
  });
});

test.skipIf(hasNvidia)(
  'CUDA asked for on a machine without a card stops the start with its reason',
  async () => {
    const start = createOnnxEncoder({ ...options, provider: 'cuda' });
    await expect(start).rejects.toMatchObject({ code: 'FRAUD_PROVIDER_UNAVAILABLE' });
    await expect(start).rejects.toThrow('no NVIDIA device');
  },
);

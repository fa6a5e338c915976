// test/shared/training/run-pretraining.test.ts: from traffic to an encoder on disk: simulated, continued, resumed after a stop.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EncoderConfig } from '../../../shared/encoder/definition.ts';
import { loadPretrained, PRETRAINED_FILES } from '../../../shared/encoder/pretrained.ts';
import { defaultPretrainSettings } from '../../../shared/training/pretrain-encoder.ts';
import { type PretrainingOrder, runPretraining } from '../../../shared/training/run-pretraining.ts';

const config: EncoderConfig = { name: 'micro', width: 8, layers: 1, heads: 2, feedForward: 8, window: 12 };

function orderIn(directory: string): PretrainingOrder {
  return {
    output: join(directory, 'encoder'),
    config,
    settings: { ...defaultPretrainSettings, steps: 4, rows: 4, evaluateEvery: 2, heldOutBatches: 1 },
    source: { kind: 'simulation', seed: 3, portfolios: 2, heldOutPortfolios: 1, cards: 8, days: 10 },
    backend: 'cpu',
    fresh: false,
    command: 'npx fraudctl pretrain',
  };
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('pretraining writes an encoder that loads, says what it was made from, and keeps no checkpoint', async () => {
  const order = orderIn(temporary());
  const result = await runPretraining(order);
  const encoder = loadPretrained(order.output);
  expect(encoder.encoderVersion).toBe(result.encoderVersion);
  expect(encoder.manifest.data).toMatchObject({ 'training portfolios': 2, 'training events': result.events });
  expect(encoder.manifest.command).toBe(order.command);
  for (const file of Object.values(PRETRAINED_FILES))
    expect(existsSync(join(order.output, file)), file).toBe(true);
  expect(existsSync(join(order.output, 'checkpoint.safetensors'))).toBe(false);
});

test('accounts’ own histories join the training traffic and are measured on portfolios of their own', async () => {
  const order = orderIn(temporary());
  const source = { ...order.source, cards: 30, accountPortfolios: 1 };
  const result = await runPretraining({ ...order, source });
  const { data, accounts } = loadPretrained(order.output).manifest;
  const events = Number(data['their events']);
  const plain = { ...orderIn(temporary()), source: { ...source, accountPortfolios: 0 } };
  expect(events).toBeGreaterThan(0);
  expect(result.events - events).toBe((await runPretraining(plain)).events);
  expect(accounts?.heldOutLosses.gap).toBeGreaterThan(0);
  expect(accounts?.heldOutLosses.category).toBe(0);
});

test('the same order gives the same encoder, also when it was stopped after a checkpoint and given again', async () => {
  const [whole, stopped] = [orderIn(temporary()), orderIn(temporary())];
  const expected = await runPretraining(whole);
  const stop = new Error('killed');
  const progress = {
    announce: () => {},
    advance: (stage: string, done: number) => {
      if (stage === 'pretraining' && done === 3) throw stop;
    },
  };
  await expect(runPretraining({ ...stopped, progress })).rejects.toBe(stop);
  const resumed = await runPretraining(stopped);
  expect(resumed.resumedAtStep).toBe(2);
  expect(resumed.encoderVersion).toBe(expected.encoderVersion);
});

test('pretraining continues from another encoder, but not from one of other sizes', async () => {
  const first = orderIn(temporary());
  await runPretraining(first);
  const startFrom = loadPretrained(first.output);
  const next = { ...orderIn(temporary()), startFrom };
  const rate = { ...next.settings, learningRate: 0, weightDecay: 0 };
  const still = await runPretraining({ ...next, settings: rate });
  expect(still.encoderVersion).toBe(startFrom.encoderVersion);
  const larger = { ...next, config: { ...config, width: 16 } };
  await expect(runPretraining(larger)).rejects.toMatchObject({ code: 'FRAUD_INPUT_INVALID' });
});

// test/shared/encoder/pretrained.test.ts: shipped encoders load with the bytes their manifests name; damaged ones are refused.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { channelNames } from '../../../shared/encoder/channels.ts';
import { encoderConfigs, weightShapes } from '../../../shared/encoder/definition.ts';
import {
  loadPretrained,
  PRETRAINED_FILES,
  shippedDirectory,
  shippedEncoders,
} from '../../../shared/encoder/pretrained.ts';
import { readingNames } from '../../../shared/encoder/readings.ts';
import { fromSafetensors } from '../../../shared/encoder/safetensors.ts';
import { taskNames } from '../../../shared/training/next-event.ts';

function copyOf(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-encoder-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  cpSync(shippedDirectory(name), directory, { recursive: true });
  return directory;
}

test.each(shippedEncoders)(
  'encoder "%s" ships for the channels and readings of this code, in at most 2 MB',
  (name) => {
    const encoder = loadPretrained(name);
    const { config } = encoder;
    const sizes = name === 'tiny' ? encoderConfigs.tiny : encoderConfigs.small;
    expect(config).toEqual({ ...sizes, name });
    expect(encoder.model.byteLength).toBeLessThanOrEqual(2_000_000);
    expect(encoder.manifest.channels).toEqual([...channelNames]);
    expect(encoder.manifest.readings).toEqual(readingNames(config));
    expect([...encoder.readWeights().keys()]).toEqual(weightShapes(config).map(({ name }) => name));
  },
);

test.each(shippedEncoders)('encoder "%s" forecasts every task better than frequencies alone', (name) => {
  const { heldOutLosses, baselineLosses } = loadPretrained(name).manifest;
  for (const task of taskNames) expect(heldOutLosses[task], task).toBeLessThan(baselineLosses[task] ?? 0);
});

test.each(shippedEncoders)('the model card of "%s" names every digest and the command', (name) => {
  const { manifest } = loadPretrained(name);
  const card = readFileSync(join(shippedDirectory(name), PRETRAINED_FILES.card), 'utf8');
  for (const { sha256 } of Object.values(manifest.files)) expect(card).toContain(sha256);
  expect(card).toContain(manifest.command);
});

test.each(shippedEncoders)(
  'encoder "%s" forecasts statements and repayments better than frequencies',
  (name) => {
    const { accounts } = loadPretrained(name).manifest;
    for (const task of ['gap', 'hour', 'amount'])
      expect(accounts?.heldOutLosses[task], task).toBeLessThan(accounts?.baselineLosses[task] ?? 0);
  },
);

test('the small encoder has seen at least 20 portfolios and 3 million events', () => {
  const { data } = loadPretrained('small').manifest;
  expect(data['training portfolios']).toBeGreaterThanOrEqual(20);
  expect(data['training events']).toBeGreaterThanOrEqual(3_000_000);
});

test('an encoder is found by its directory, and refused when one byte of it was changed', () => {
  const directory = copyOf('tiny');
  expect(loadPretrained(directory).encoderVersion).toBe(loadPretrained('tiny').encoderVersion);
  const file = join(directory, PRETRAINED_FILES.model);
  const bytes = readFileSync(file);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  expect(() => loadPretrained(directory)).toThrow(
    expect.objectContaining({ code: 'FRAUD_MODEL_HASH_MISMATCH' }),
  );
});

test('an encoder that is not there is told as not found', () => {
  const missing = expect.objectContaining({ code: 'FRAUD_MODEL_NOT_FOUND' });
  expect(() => loadPretrained('nowhere')).toThrow(missing);
});

test('bytes that are no safetensors are refused', () => {
  const refused = expect.objectContaining({ code: 'FRAUD_MODEL_INVALID' });
  const tooLong = Buffer.alloc(16);
  tooLong.writeBigUInt64LE(1_000_000n);
  const noHeader = Buffer.concat([Buffer.alloc(8), Buffer.from('{')]);
  for (const bytes of [Buffer.alloc(3), tooLong, noHeader])
    expect(() => fromSafetensors(bytes)).toThrow(refused);
});

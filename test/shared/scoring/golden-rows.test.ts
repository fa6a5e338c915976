// test/shared/scoring/golden-rows.test.ts: a version scores the rows it carries as it did when it was made, or it does not serve.
import { expect, onTestFinished, test } from 'vitest';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { inventContexts } from '../../../shared/scoring/golden-contexts.ts';
import {
  compareGoldenRows,
  GOLDEN_ROWS_FILE,
  type GoldenRows,
  notePasses,
  toGoldenBytes,
  withoutPassesOf,
} from '../../../shared/scoring/golden-rows.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const version = createSmallVersion();
const { inputs } = version.manifest.heads.full;
const amountAt = inputs.indexOf('feature-amountLog');

const withGolden = (rows: GoldenRows): VerifiedVersion => ({
  ...version,
  files: new Map([...version.files, [GOLDEN_ROWS_FILE, toGoldenBytes(rows)]]),
});

/** The head of the small version adds up to its amount. */
function headRows(amounts: readonly number[]): GoldenRows {
  const values = new Float32Array(amounts.length * inputs.length);
  for (const [row, amount] of amounts.entries()) values[row * inputs.length + amountAt] = amount;
  return {
    inputs: inputs.length,
    values: Buffer.from(values.buffer).toString('base64'),
    rawScores: [...amounts],
  };
}

async function useEncoder(changes = version) {
  const encoder = await createOnnxEncoder({
    ...createChampion(changes).encoderParts,
    provider: 'cpu',
    workers: 1,
  });
  onTestFinished(() => encoder.close());
  return encoder;
}

test('a version without golden rows is served as it is', async () => {
  const encoder = await useEncoder();
  expect(await compareGoldenRows(version, encoder)).toBe(0);
});

test('head, and encoder with head, give what was noted', async () => {
  const encoder = await useEncoder();
  const passes = await notePasses(encoder, inventContexts(['*']));
  expect(passes.length).toBeGreaterThan(4);
  expect(passes.every(({ rawScore }) => Number.isFinite(rawScore))).toBe(true);
  expect(await compareGoldenRows(withGolden({ ...headRows([0.5, 2, -1]), passes }), encoder)).toBe(
    3 + passes.length,
  );
});

test('a head that scores otherwise is refused by name, and so is an encoder that does, and one that gives no number', async () => {
  const encoder = await useEncoder();
  const passes = (await notePasses(encoder, inventContexts(['*']))).slice(0, 4);
  const otherHead = withGolden({ ...headRows([0.5, 2]), rawScores: [0.5, 2.1] });
  await expect(compareGoldenRows(otherHead, encoder)).rejects.toMatchObject({
    code: 'FRAUD_MODEL_GOLDEN_MISMATCH',
    message: expect.stringContaining('head: 1 of 2 rows'),
  });
  const golden = withGolden({ ...headRows([0.5]), passes });
  const others = [
    {
      encodeMany: async () =>
        passes.map(() => ({ readings: new Float32Array(), rawScores: Float32Array.of(7) })),
    },
    {
      encodeMany: async () =>
        passes.map(() => ({ readings: new Float32Array(), rawScores: Float32Array.of(Number.NaN) })),
    },
  ];
  for (const other of others) {
    await expect(compareGoldenRows(golden, other)).rejects.toMatchObject({
      code: 'FRAUD_MODEL_GOLDEN_MISMATCH',
      message: expect.stringContaining('encoder and head: 4 of 4 rows'),
    });
  }
});

test('a reference that is replaced takes along what was noted under the one before, and nothing else', async () => {
  const encoder = await useEncoder();
  const passes = await notePasses(encoder, inventContexts(['one', '*']));
  const { files } = withGolden({ ...headRows([0.5]), passes });
  const kept = withoutPassesOf(files, 'one');
  const half = passes.length / 2;
  expect(await compareGoldenRows({ ...version, files: kept }, encoder)).toBe(1 + half);
  expect(withoutPassesOf(version.files, 'one')).toBe(version.files);
});

test('golden rows that cannot be read make a version invalid', async () => {
  const encoder = await useEncoder();
  const broken = { ...version, files: new Map([...version.files, [GOLDEN_ROWS_FILE, Buffer.from('{')]]) };
  await expect(compareGoldenRows(broken, encoder)).rejects.toMatchObject({ code: 'FRAUD_MODEL_INVALID' });
});

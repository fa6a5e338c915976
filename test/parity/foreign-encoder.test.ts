// test/parity/foreign-encoder.test.ts: an encoder made with Keras says through the product what it says in Keras; broken and hostile ones are refused, each for its reason, and harm nobody.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import type { PretrainedEncoder } from '../../shared/encoder/pretrained.ts';
import type { ForeignManifest } from '../../shared/encoder-import/foreign-manifest.ts';
import { importEncoder } from '../../shared/encoder-import/import-encoder.ts';
import { AppError } from '../../shared/errors.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import {
  batchDependent,
  bomb,
  constant,
  firstEvent,
  honest,
  makeManifest,
  makeModel,
  padded,
  slow,
  withNaN,
} from '../shared/encoder-import/foreign-models.ts';

const keras = join(import.meta.dirname, '../shared/encoder-import/keras');
const goldenSchema = z.array(
  z.object({ count: z.int(), events: z.string(), embedding: z.array(z.number()) }),
);
const directory = mkdtempSync(join(tmpdir(), 'fraud-encoders-'));
let imported: PretrainedEncoder;

beforeAll(async () => {
  const files = { model: join(keras, 'encoder.onnx'), manifest: join(keras, 'encoder.json') };
  imported = (await importEncoder({ ...files, directory })).encoder;
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function embed(
  { model, encoderVersion, config }: PretrainedEncoder,
  rows: z.infer<typeof goldenSchema>,
) {
  const reference = createReferenceBuilder('theirs').build();
  const session = await createOnnxEncoder({
    encoderModel: model,
    encoderVersion,
    config,
    heads: [],
    references: { '*': reference },
    workers: 1,
  });
  try {
    return await session.encodeMany(
      rows.map(({ count, events }) => ({
        portfolioId: 'theirs',
        events: new Uint8Array(Buffer.from(events, 'base64')),
        eventCount: count,
        features: new Float32Array(0),
      })),
    );
  } finally {
    await session.close();
  }
}

test('an encoder made with Keras gives the embeddings that Keras gives, from packed events', async () => {
  const golden = goldenSchema.parse(JSON.parse(readFileSync(join(keras, 'golden.json'), 'utf8')));
  expect(golden.length).toBeGreaterThan(4);
  const encoded = await embed(imported, golden);
  golden.forEach(({ embedding }, row) => {
    embedding.forEach((value, at) => {
      expect(encoded[row]?.readings[at], `row ${row}, ${at}`).toBeCloseTo(value, 3);
    });
    expect(encoded[row]?.readings.every(Number.isFinite)).toBe(true);
  });
});

test('its manifest says what it reads and gives; its weights are nobody’s here', () => {
  expect(imported.manifest.imported?.readings).toEqual(['embedding', 'forecast of the amount']);
  expect(imported.manifest.imported?.trial.peakMegabytes).toBeGreaterThan(10);
  expect(() => imported.readWeights()).toThrow(
    expect.objectContaining({ code: 'FRAUD_ENCODER_WITHOUT_WEIGHTS' }),
  );
});

async function tryOne(model: Uint8Array, manifest: ForeignManifest, timeMs = 60_000): Promise<unknown> {
  const scratch = mkdtempSync(join(tmpdir(), 'fraud-foreign-'));
  const files = { model: join(scratch, 'a.onnx'), manifest: join(scratch, 'a.json') };
  writeFileSync(files.model, model);
  writeFileSync(files.manifest, JSON.stringify(manifest));
  const into = join(scratch, 'encoders');
  try {
    await importEncoder({ ...files, directory: into, limits: { memoryBytes: 700 * 2 ** 20, timeMs } });
    return 'taken';
  } catch (error) {
    expect(existsSync(into) ? readdirSync(into) : []).toEqual([]);
    return error instanceof AppError && error.code === 'FRAUD_ENCODER_REFUSED' ? error.facts.reason : error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const made = (make: Parameters<typeof makeModel>[0], changes: Partial<ForeignManifest> = {}) => {
  const model = makeModel(make);
  return [model, makeManifest(model, changes)] as const;
};

test('one that pads on the right and gives an embedding alone is taken', async () => {
  expect(await tryOne(...made(honest))).toBe('taken');
});

test('one that reads the first event of a row is taken when the manifest tells its side, and refused when it does not', async () => {
  expect(await tryOne(...made(firstEvent))).toBe('taken');
  expect(await tryOne(...made(firstEvent, { padding: 'left' }))).toMatch(/padding|constant/);
});

test.each([
  ['an embedding of another size', 'shape', made(honest, { outputs: { embedding: { name: 'h', size: 7 } } })],
  ['NaN among the weights', 'not-finite', [withNaN(), makeManifest(withNaN())] as const],
  ['the same for everybody', 'constant', made(constant)],
  ['a mean over padding', 'padding', made(padded)],
  ['a mean over the batch', 'batch', made(batchDependent)],
  [
    'half a file',
    'no-onnx',
    [makeModel(honest).subarray(0, 300), makeManifest(makeModel(honest).subarray(0, 300))] as const,
  ],
  ['an array of four gigabytes', 'memory', made(bomb)],
])('%s is refused: %s', async (_, reason, [model, manifest]) => {
  expect(await tryOne(model, manifest)).toBe(reason);
});

test('one that does not come to an end is stopped', async () => {
  expect(await tryOne(...made(slow), 4_000)).toBe('time');
});

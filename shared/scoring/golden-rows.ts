// shared/scoring/golden-rows.ts: rows a version carries and what it said of them when it was made: compared on this machine before it may serve.
import { z } from 'zod';
import type { Encoder, EncoderRow } from '../encoder/encoder.ts';
import { openHeadGraph } from '../encoder/score-head-graph.ts';
import { AppError } from '../errors.ts';
import type { VerifiedVersion } from '../registry/registry.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';

/** Name inside a version. A version without this file is served as it is: the manifest lists the file, or there is none. */
export const GOLDEN_ROWS_FILE = 'golden-rows.json';

/** Raw scores are logits of some units; half a ten-thousandth is lost by rounding, the rest is what providers differ by. */
const TOLERANCE = 1e-3;

const base64 = z.base64();
const goldenRowsSchema = z.object({
  /** D: inputs of the full head. */
  inputs: z.int().min(1),
  /** (rows, D) float32, row-major, base64. */
  values: base64,
  rawScores: z.array(z.number()).min(1),
  /** Rows that go through the encoder, too; absent where a version was made without it. */
  passes: z
    .array(
      z.object({
        portfolioId: z.string(),
        /** Packed events, oldest first. */
        events: base64,
        /** float32. */
        features: base64,
        rawScore: z.number(),
      }),
    )
    .optional(),
});
export type GoldenRows = z.infer<typeof goldenRowsSchema>;

/** What the schema reads. */
export const toGoldenBytes = (rows: GoldenRows): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(rows)}\n`);

/** A copy, aligned to its element size. */
function toFloats(text: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer, 0, Math.floor(bytes.byteLength / 4));
}

const toBase64 = (values: Uint8Array | Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

/**
 * Asks an encoder what it says of rows, as the passes of a golden file.
 * @throws AppError FRAUD_ENCODER_FAILED
 */
export async function notePasses(
  encoder: Pick<Encoder, 'encodeMany'>,
  rows: readonly EncoderRow[],
): Promise<NonNullable<GoldenRows['passes']>> {
  const passes = rows.map(({ portfolioId, events, features }) => ({
    portfolioId,
    events: toBase64(events),
    features: toBase64(features),
  }));
  const encoded = await encoder.encodeMany(rows);
  return passes.map((pass, row) => ({ ...pass, rawScore: encoded[row]?.rawScores[0] ?? Number.NaN }));
}

/** Files of a version whose reference of one portfolio was replaced: what was noted of contexts under the one before holds no more. */
export function withoutPassesOf(
  files: VerifiedVersion['files'],
  portfolioId: string,
): VerifiedVersion['files'] {
  const golden = readGoldenRows(files);
  if (!golden) return files;
  const passes = golden.passes?.filter((pass) => pass.portfolioId !== portfolioId);
  return new Map([...files, [GOLDEN_ROWS_FILE, toGoldenBytes({ ...golden, passes })]]);
}

function readGoldenRows(files: VerifiedVersion['files']): GoldenRows | undefined {
  const bytes = files.get(GOLDEN_ROWS_FILE);
  if (!bytes) return undefined;
  let stored: unknown;
  try {
    stored = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new AppError('FRAUD_MODEL_INVALID', { detail: `${GOLDEN_ROWS_FILE} is not JSON.`, cause });
  }
  const parsed = goldenRowsSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new AppError('FRAUD_MODEL_INVALID', {
    detail: `${GOLDEN_ROWS_FILE}: ${z.prettifyError(parsed.error)}`,
  });
}

/**
 * Runs the head on its stored inputs, and encoder with head on the stored contexts. NaN is no equal of anything.
 * @returns rows compared; 0 when the version carries none
 * @throws AppError FRAUD_MODEL_GOLDEN_MISMATCH, FRAUD_MODEL_INVALID, FRAUD_ENCODER_FAILED
 */
export async function compareGoldenRows(
  version: VerifiedVersion,
  encoder: Pick<Encoder, 'encodeMany'>,
): Promise<number> {
  const golden = readGoldenRows(version.files);
  if (!golden) return 0;
  const { manifest, files } = version;
  const head = await openHeadGraph(
    files.get(manifest.heads.full.file) ?? new Uint8Array(),
    manifest.heads.full.inputs.length,
  );
  try {
    requireEqual(version, 'head', golden.rawScores, await head.score(toFloats(golden.values)));
  } finally {
    await head.release();
  }
  const passes = golden.passes ?? [];
  const encoded = await encoder.encodeMany(passes.map(toRow));
  const scores = encoded.map(({ rawScores }) => rawScores[0] ?? Number.NaN);
  const expected = passes.map(({ rawScore }) => rawScore);
  requireEqual(version, 'encoder and head', expected, scores);
  return golden.rawScores.length + passes.length;
}

function toRow({ portfolioId, events, features }: NonNullable<GoldenRows['passes']>[number]): EncoderRow {
  const bytes = new Uint8Array(Buffer.from(events, 'base64'));
  const eventCount = Math.floor(bytes.byteLength / EVENT_BYTES);
  return { portfolioId, events: bytes, eventCount, features: toFloats(features) };
}

function requireEqual(
  { manifest }: VerifiedVersion,
  part: string,
  expected: readonly number[],
  scores: ArrayLike<number>,
): void {
  const differences = expected.map((score, row) => Math.abs(score - (scores[row] ?? Number.NaN)));
  const apart = differences.filter((difference) => !(difference <= TOLERANCE));
  if (apart.length === 0 && scores.length === expected.length) return;
  throw new AppError('FRAUD_MODEL_GOLDEN_MISMATCH', {
    detail: `Version ${manifest.modelVersion}, ${part}: ${apart.length} of ${expected.length} rows are more than ${TOLERANCE} apart, the most ${Math.max(...differences)}.`,
    facts: { modelVersion: manifest.modelVersion },
  });
}

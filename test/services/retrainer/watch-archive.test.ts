// test/services/retrainer/watch-archive.test.ts: archived days against the champion's reference: drift asks for a retraining, copies and other versions' rows do not count.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createArchiveWatch, toWanted } from '../../../services/retrainer/watch-archive.ts';
import { openDuck } from '../../../shared/archive/duck.ts';
import { openLocalArchive } from '../../../shared/archive/local-archive.ts';
import type { TrainingRow } from '../../../shared/domain/training-row.ts';
import {
  buildDriftReference,
  DRIFT_REFERENCE_FILE,
  parseDriftReference,
  toDriftReferenceBytes,
} from '../../../shared/drift/drift-reference.ts';
import { readingLayout } from '../../../shared/encoder/readings.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { writeHeadInput } from '../../../shared/head/head-inputs.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { describeFiles } from '../../../shared/registry/manifest.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { promote } from '../../../shared/registry/registry.ts';
import { createRandom } from '../../../shared/simulation/random.ts';
import { trainingRow } from '../../support/archive-records.ts';
import { openArchiveWriter } from '../../support/scored-archive.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const CARDS = 60;
const REFERENCE_DAYS = 28;
const WATCHED_DAYS = 12;
const version = createSmallVersion();
const { inputs } = version.manifest.heads.full;
const readingCount = readingLayout({ width: Number(version.manifest.encoder.config.width) }).count;
const toBase64 = (values: Float32Array): string => Buffer.from(values.buffer).toString('base64');

/** A day's rows: every card once; `shift` moves the reading that tells how surprising the amount is. */
function tellDay(day: number, shift: number, more: Partial<TrainingRow> = {}): TrainingRow[] {
  const random = createRandom(1_000 + day);
  return Array.from({ length: CARDS }, (_, card) => {
    const readings = Float32Array.from({ length: readingCount }, () => random.normal());
    const surprise = inputs.indexOf('surprise-amount');
    readings[surprise] = (readings[surprise] ?? 0) + shift;
    return trainingRow(`${more.modelVersion ?? 'own'}-${day}-${card}`, day + card / CARDS, {
      cardToken: `card-${card}`,
      features: toBase64(Float32Array.from(featureNames, () => random.normal())),
      readings: toBase64(readings),
      score: 0.01 * random.uniform(),
      tier: 'full',
      modelVersion: version.manifest.modelVersion,
      ...more,
    });
  });
}

const toFloats = (base64 = ''): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

function toReference() {
  const rows = Array.from({ length: REFERENCE_DAYS }, (_, day) => tellDay(day, 0)).flat();
  return buildDriftReference(
    rows.map((row) => {
      const values = new Float32Array(inputs.length);
      const events = Uint8Array.from(Buffer.from(row.context, 'base64'));
      writeHeadInput({ events, features: toFloats(row.features), readings: toFloats(row.readings) }, values);
      const card = Number(row.cardToken.slice(5));
      return { eventTimeMs: Date.parse(row.eventTime), card, values, score: row.score ?? 0, isAlert: false };
    }),
    { inputs },
  );
}

/** A watch of an archive with these rows; the champion was stored with a reference. */
async function useWatch(rows: readonly TrainingRow[], files: ReadonlyMap<string, Uint8Array>) {
  return (await useGrowingWatch(rows, files)).watch;
}

/** Further rows may come later. */
async function useGrowingWatch(rows: readonly TrainingRow[], files: ReadonlyMap<string, Uint8Array>) {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-drift-'));
  const writer = await openArchiveWriter(root);
  await writer.write('rows', rows);
  const registry = new MemoryRegistry();
  const all = new Map([...version.files, ...files]);
  await registry.publish({ ...version.manifest, files: describeFiles(all) }, all);
  await promote(registry, version.manifest.modelVersion, { movedAt: '2026-03-01T00:00:00.000Z', by: 'test' });
  const [store, duck] = [await openLocalArchive(root), await openDuck({ threads: 1 })];
  onTestFinished(async () => {
    await writer.close();
    duck.close();
    await store.close();
    rmSync(root, { recursive: true, force: true });
  });
  const add = (more: readonly TrainingRow[]) => writer.write('rows', more);
  const referencesDirectory = join(root, 'references');
  const { manifestDigest } = await registry.loadVerified(version.manifest.modelVersion);
  return {
    root,
    referencesDirectory,
    /** Where a reference is kept of a champion that came without one. */
    referenceFile: join(referencesDirectory, `small-${manifestDigest.slice(0, 12)}.json`),
    watch: createArchiveWatch({
      store,
      duck,
      registry,
      cardShare: 1,
      referencesDirectory,
      log: createLogger('test', 'silent'),
    }),
    add,
  };
}

const quietDays = (from: number, until: number): TrainingRow[] =>
  Array.from({ length: until - from }, (_, index) => tellDay(from + index, 0)).flat();

const withReference = new Map([[DRIFT_REFERENCE_FILE, toDriftReferenceBytes(toReference())]]);
const watchedDays = Array.from({ length: WATCHED_DAYS }, (_, index) => REFERENCE_DAYS + index);

test('quiet days of the archive ask for nothing', async () => {
  const watch = await useWatch(
    watchedDays.flatMap((day) => tellDay(day, 0)),
    withReference,
  );
  const judged = await watch.look();
  expect(judged).toMatchObject({ modelVersion: 'small', status: { decision: 'quiet' } });
  expect(toWanted(judged)).toBeUndefined();
  // The newest day may not be complete; a week of the others is judged.
  expect(judged.status.latest?.rows).toBe(7 * CARDS);
});

test('days that moved ask for a retraining, once per champion and day, and say what moved', async () => {
  const watch = await useWatch(
    watchedDays.flatMap((day) => tellDay(day, 4)),
    withReference,
  );
  const judged = await watch.look();
  expect(judged.status).toMatchObject({ decision: 'drift', cause: { source: 'surprise' } });
  const lastComplete = REFERENCE_DAYS + WATCHED_DAYS - 2 + Date.parse('2026-03-01') / 86_400_000;
  expect(toWanted(judged)?.key).toBe(`small|${lastComplete}`);
  expect(toWanted(judged)?.note).toContain('surprise-amount');
});

test('days that come late, several at once, tell of drift that has passed again; drift of long ago is no news to a watch that begins', async () => {
  const rowsOf = (days: readonly number[]) =>
    days.flatMap((day) => tellDay(day, day >= 39 && day <= 41 ? 4 : 0));
  const early = Array.from({ length: 12 }, (_, index) => REFERENCE_DAYS + index);
  const late = Array.from({ length: 10 }, (_, index) => REFERENCE_DAYS + 12 + index);
  const { watch, add } = await useGrowingWatch(rowsOf(early), withReference);
  expect((await watch.look()).status.decision).not.toBe('drift');
  await add(rowsOf(late));
  expect(toWanted(await watch.look())?.note).toContain('surprise-amount');
  const begun = await useWatch(rowsOf([...early, ...late]), withReference);
  expect(toWanted(await begun.look())).toBeUndefined();
});

test('a look that came to nothing for want of days is a look: drift that came and passed since is told', async () => {
  const rowsOf = (from: number, until: number) =>
    Array.from({ length: until - from }, (_, index) => from + index).flatMap((day) =>
      tellDay(day, day >= 39 && day <= 41 ? 4 : 0),
    );
  const { watch, add } = await useGrowingWatch(rowsOf(28, 31), withReference);
  expect((await watch.look()).status.decision).toBe('unknown');
  await add(rowsOf(31, 50));
  expect((await watch.look()).status.decision).toBe('drift');
});

test('a day that a payment dated tomorrow made look complete is judged again when it is whole', async () => {
  const [begun, rest] = [tellDay(38, 0).slice(0, 5), tellDay(38, 0).slice(5)];
  const dated = tellDay(39, 0).slice(0, 1);
  const { watch, add } = await useGrowingWatch([...quietDays(28, 38), ...begun, ...dated], withReference);
  expect((await watch.look()).status.latest?.rows).toBe(6 * CARDS + begun.length);
  await add(rest);
  expect((await watch.look()).status.latest?.rows).toBe(7 * CARDS);
});

test('copies after a crash and rows of another version are not counted', async () => {
  const own = watchedDays.flatMap((day) => tellDay(day, 0));
  const others = watchedDays.flatMap((day) => tellDay(day, 4, { modelVersion: 'before' }));
  const watch = await useWatch([...own, ...others, ...own], withReference);
  const { status } = await watch.look();
  expect(status.decision).toBe('quiet');
  expect(status.latest?.rows).toBe(7 * CARDS);
});

test('rows of a lower tier count as rows without readings', async () => {
  const rows = watchedDays.flatMap((day) => tellDay(day, 0, { tier: 'features-only', readings: undefined }));
  const { status } = await (await useWatch(rows, withReference)).look();
  expect(status.decision).toBe('drift');
  expect(status.latest?.sources.find(({ source }) => source === 'missingness')).toMatchObject({
    exceeds: true,
    columns: expect.arrayContaining(['readings-missing']),
  });
});

test('a champion without a reference is watched against its own first weeks, once there are eight and a day at either end', async () => {
  const days = (from: number, until: number, shift: number) =>
    Array.from({ length: until - from }, (_, index) => tellDay(from + index, shift)).flat();
  const { watch, add } = await useGrowingWatch(days(0, 57, 0), new Map());
  expect(await watch.look()).toMatchObject({
    status: { decision: 'unknown' },
    whyUnknown: expect.stringContaining('55 of 56 days'),
  });
  await add(days(57, 69, 0));
  expect((await watch.look()).status.decision).toBe('quiet');
  await add(days(69, 81, 4));
  const judged = await watch.look();
  expect(toWanted(judged)?.note).toContain('surprise-amount');
});

test('a kept reference that is cut off is built again', async () => {
  const { watch, referencesDirectory, referenceFile } = await useGrowingWatch(quietDays(0, 69), new Map());
  mkdirSync(referencesDirectory);
  writeFileSync(referenceFile, '{"formatVersion":1,');
  expect((await watch.look()).status.decision).toBe('quiet');
  expect(parseDriftReference(readFileSync(referenceFile)).days).toBe(56);
});

test('a look that fails says why nothing is known, and the next one that can judges again', async () => {
  const { watch, referencesDirectory } = await useGrowingWatch(quietDays(0, 69), new Map());
  writeFileSync(referencesDirectory, 'no folder');
  expect(await watch.look()).toMatchObject({
    status: { decision: 'unknown' },
    whyUnknown: expect.stringContaining(referencesDirectory),
  });
  rmSync(referencesDirectory);
  expect((await watch.look()).status.decision).toBe('quiet');
});

test('a file of the archive that is cut off is named, and nothing is known meanwhile', async () => {
  const { watch, root } = await useGrowingWatch(quietDays(28, 40), withReference);
  const [file = ''] = readdirSync(join(root, 'training-rows'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .sort();
  truncateSync(join(root, 'training-rows', file), 100);
  expect(await watch.look()).toMatchObject({
    status: { decision: 'unknown' },
    whyUnknown: expect.stringContaining(file),
  });
});

test.each([
  [
    'a reading that is no number',
    { readings: toBase64(new Float32Array(readingCount).fill(0).fill(Number.NaN, 1, 2)) },
  ],
  [
    'features without end',
    { features: toBase64(Float32Array.from(featureNames, () => Number.POSITIVE_INFINITY)) },
  ],
])('one row with %s does not stand in the way of the reference', async (_name, broken) => {
  const rows = quietDays(0, 69).map((row, index) => (index === 100 ? { ...row, ...broken } : row));
  const { watch } = await useGrowingWatch(rows, new Map());
  expect((await watch.look()).status.decision).toBe('quiet');
});

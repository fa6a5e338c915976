// test/tutorial/05-retraining.test.ts: read me: archived rows and late labels → a challenger, judged on a later window, registered or refused.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRetrainerSettings } from '../../services/retrainer/config.ts';
import { type RunReport, runOnce } from '../../services/retrainer/run-once.ts';
import { systemClock } from '../../shared/clock.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { compareGoldenRows } from '../../shared/scoring/golden-rows.ts';
import { writeScoredArchive } from '../support/scored-archive.ts';

// Seventy-five days of a portfolio that the shipped champion has never seen, scored by it, its outcomes weeks late.
const START = '2026-01-01T00:00:00.000Z';
const CUT = '2026-03-17T00:00:00.000Z';
const root = mkdtempSync(join(tmpdir(), 'fraud-tutorial-retraining-'));
const archive = join(root, 'archive');

/** Settings as the environment gives them: 30 days to learn from, 10 to calibrate, 10 to judge, 7 in between. */
const settingsOf = (name: string, more: Record<string, string> = {}) =>
  readRetrainerSettings({
    FRAUD_ARCHIVE: archive,
    FRAUD_REGISTRY_DIRECTORY: join(root, name, 'registry'),
    FRAUD_RUNS_DIRECTORY: join(root, name, 'runs'),
    FRAUD_RETRAIN_CUT: CUT,
    FRAUD_RETRAIN_LABEL_DELAY_DAYS: '7',
    FRAUD_RETRAIN_TRAINING_DAYS: '30',
    FRAUD_RETRAIN_CALIBRATION_DAYS: '10',
    FRAUD_RETRAIN_TEST_DAYS: '10',
    FRAUD_RETRAIN_GENUINE_SHARE: '0.5',
    FRAUD_RETRAIN_ROWS_SEEN: '1',
    ...more,
  });
const runNamed = (name: string, more: Record<string, string> = {}) =>
  runOnce(settingsOf(name, more), { clock: systemClock, onProgress: () => {} });

let first: RunReport;

beforeAll(async () => {
  await writeScoredArchive(archive, {
    seed: 41,
    cards: 50,
    days: 75,
    startTime: START,
    fraudRate: 0.04,
    appliedEvents: false,
  });
  first = await runNamed('first');
}, 180_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a retraining', () => {
  test('names its data, its parent and every gate with its figures', () => {
    expect(first.snapshotId).toMatch(/^[0-9a-f]{64}$/);
    expect(first.rows.training).toBeGreaterThan(400);
    expect(first.rows.test).toBeGreaterThan(400);
    expect(first.gates.map(({ gate }) => gate)).toEqual([
      'enough-labels',
      'label-rate',
      'merchant-labels',
      'label-noise',
      'golden-rows',
      'onnx-parity',
      'latency',
      'calibrated',
      'segments',
      'better-or-newer',
    ]);
    expect(first.isWarmStarted).toBe(true);
    expect(first.averagePrecision.challenger).toBeGreaterThan(0);
  });

  test('registers a version that a scorer takes, with lineage, golden rows and a card', async () => {
    const registry = new FileRegistry(join(root, 'first', 'registry'));
    const version = await registry.loadVerified(first.modelVersion);
    expect(version.manifest.lineage).toMatchObject({ snapshotId: first.snapshotId, cut: CUT, seed: 1 });
    expect(version.manifest.derivedFrom).toBe(first.champion);
    expect(createChampion(version).manifest.modelVersion).toBe(first.modelVersion);
    const card = Buffer.from(version.files.get(version.manifest.modelCard) ?? []).toString();
    expect(card).toContain(first.snapshotId);
    const pictures = ['on-the-test-window', 'on-the-test-window-2', 'by-entry-mode', 'ablation', 'drift'];
    for (const picture of pictures) {
      expect(card).toContain(`(card-${picture}.svg)`);
      expect(Buffer.from(version.files.get(`card-${picture}.svg`) ?? []).toString()).toMatch(/^<svg/);
    }
    const page = Buffer.from(version.files.get('model-card.html') ?? []).toString();
    expect(page.split('<svg').length).toBeGreaterThan(pictures.length);
    expect(page).toContain(first.modelVersion);
    // What it says of rows and of whole contexts travels with it; every scorer asks again before it serves.
    const { encoderParts } = createChampion(version);
    const encoder = await createOnnxEncoder({ ...encoderParts, provider: 'cpu', workers: 1 });
    const compared = await compareGoldenRows(version, encoder).finally(() => encoder.close());
    expect(compared).toBeGreaterThan(64);
  });

  test('leaves the champion alone unless it is asked to promote', async () => {
    const registry = new FileRegistry(join(root, 'first', 'registry'));
    expect((await loadAlias(registry, 'champion')).entry.modelVersion).toBe(first.champion);
    const challenger = await registry.readAlias('challenger');
    expect(challenger?.modelVersion).toBe(first.outcome === 'challenger' ? first.modelVersion : undefined);
  });

  test('on the same snapshot with the same seed makes the same bytes, with another seed others', async () => {
    const again = await runNamed('again');
    expect(again.manifestDigest).toBe(first.manifestDigest);
    const other = await runNamed('again', { FRAUD_RETRAIN_SEED: '2' });
    expect(other.snapshotId).toBe(first.snapshotId);
    expect(other.modelVersion).not.toBe(first.modelVersion);
  });

  test('cut off after its first head goes on with that head, and ends with the same version', async () => {
    const stages = join(root, 'first', 'runs', first.run, 'stages');
    const into = join(root, 'resumed', 'runs', first.run, 'stages');
    cpSync(stages, into, { recursive: true });
    expect(readdirSync(into).sort()).toEqual(['head-features-only.json', 'head-full.json', 'snapshot.json']);
    rmSync(join(into, 'head-features-only.json'));
    const full = readFileSync(join(into, 'head-full.json'));
    const resumed = await runNamed('resumed');
    expect(resumed.run).toBe(first.run);
    expect(readFileSync(join(into, 'head-full.json')).equals(full)).toBe(true);
    expect(resumed.manifestDigest).toBe(first.manifestDigest);
  });
});

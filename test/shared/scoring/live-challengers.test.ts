// test/shared/scoring/live-challengers.test.ts: challengers come and go beside a serving champion, whatever they are; it answers all the time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../shared/observability/logger.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { describeFiles } from '../../../shared/registry/manifest.ts';
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';
import { createChallengerSource } from '../../../shared/scoring/challenger-source.ts';
import { toGoldenBytes } from '../../../shared/scoring/golden-rows.ts';
import { startLiveModel } from '../../../shared/scoring/live-model.ts';
import type { ServingModel } from '../../../shared/scoring/served-versions.ts';
import { sampleRows } from '../../support/encoder-rows.ts';
import {
  createBiasedChallenger,
  createEndlessChallenger,
  createNanChallenger,
  createOtherEncoderChallenger,
  createUnloadableChallenger,
} from '../../support/small-challengers.ts';
import { publishSmallChampion } from '../../support/use-scorer.ts';

const log = createLogger('test', 'silent');
const note = { movedAt: '2026-03-01T00:00:00.000Z', by: 'test' };

/** A champion that is served from a registry on disk, with challengers to publish. */
async function serve(further: readonly string[], published: readonly VerifiedVersion[]) {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-challengers-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const registryDirectory = await publishSmallChampion(directory);
  const registry = new FileRegistry(registryDirectory);
  for (const { manifest, files } of published) await registry.publish(manifest, files);
  const replaced: ServingModel[] = [];
  const live = await startLiveModel({
    settings: { registryDirectory, encoderProvider: 'cpu', encoderWorkers: 1, encoderQueuePositions: 10_000 },
    registry,
    log,
    metrics: createScorerMetrics(),
    challengers: createChallengerSource({ registry, further, log }),
    onReplace: async (model) => void replaced.push(model),
  });
  onTestFinished(() => live.close());
  const challenge = async (modelVersion: string): Promise<void> => {
    const expectedFence = (await registry.readAlias('challenger'))?.fence ?? 0;
    await registry.moveAlias({ alias: 'challenger', modelVersion, expectedFence, ...note });
    await live.look();
  };
  const names = () => live.current().challengers?.heads.map(({ manifest }) => manifest.modelVersion);
  const [row] = sampleRows({ seed: 3, rows: 1, eventCount: 5 });
  const scoreOne = async () => {
    const features = new Float32Array(live.current().encoder.featureWidth);
    const [encoded] = await live.current().encoder.encodeMany(row ? [{ ...row, features }] : []);
    return [...(encoded?.rawScores ?? [])];
  };
  return { live, registry, directory, challenge, names, scoreOne, replaced };
}

test('a challenger that appears is scored in the champion’s pass, one that becomes the champion’s equal is gone', async () => {
  const { challenge, names, scoreOne, live } = await serve([], [createBiasedChallenger('riskier', 3)]);
  expect(names()).toBeUndefined();
  const [alone = 0] = await scoreOne();
  await challenge('riskier');
  expect(names()).toEqual(['small', 'riskier']);
  expect(live.current().challengers?.canaryPlace).toBe(1);
  const [champion = 0, challenger] = await scoreOne();
  expect(champion).toBe(alone);
  expect(challenger).toBeCloseTo(champion + 3, 4);
  await challenge('small');
  expect(names()).toBeUndefined();
  expect(await scoreOne()).toEqual([alone]);
}, 180_000);

test('a challenger whose golden rows are scored otherwise shadows, but is no canary', async () => {
  const other = createBiasedChallenger('other-rows', 3);
  const inputs = other.manifest.heads.full.inputs.length;
  const values = Buffer.from(new Float32Array(inputs).buffer).toString('base64');
  const files = new Map([
    ...other.files,
    ['golden-rows.json', toGoldenBytes({ inputs, values, rawScores: [17] })],
  ]);
  const manifest = { ...other.manifest, files: describeFiles(files) };
  const { challenge, names, live } = await serve([], [{ ...other, manifest, files }]);
  await challenge('other-rows');
  expect(names()).toEqual(['small', 'other-rows']);
  expect(live.current().challengers?.canaryPlace).toBeUndefined();
}, 180_000);

test('further versions shadow without being canaries; what cannot be loaded or could hang is left out, and the champion answers', async () => {
  const broken = createBiasedChallenger('broken', 1);
  const { live, names, challenge, directory, scoreOne, replaced } = await serve(
    ['riskier', 'not-there', 'broken'],
    [
      createBiasedChallenger('riskier', 3),
      broken,
      createEndlessChallenger(),
      createUnloadableChallenger(),
      createNanChallenger(),
    ],
  );
  expect(names()).toEqual(['small', 'riskier', 'broken']);
  expect(live.current().challengers?.canaryPlace).toBeUndefined();
  await challenge('endless');
  expect(names()).toEqual(['small', 'riskier', 'broken']);
  await challenge('unloadable');
  expect(names()).toEqual(['small', 'riskier', 'broken']);
  await challenge('nan');
  expect(names()).toEqual(['small', 'nan', 'riskier', 'broken']);
  expect(live.current().challengers?.canaryPlace).toBe(1);
  const [champion, nan] = await scoreOne();
  expect(Number.isFinite(champion)).toBe(true);
  expect(nan).toBeNaN();
  const flips = replaced.length;
  await live.look();
  expect(replaced).toHaveLength(flips);
  writeFileSync(join(directory, 'aliases', 'challenger', '000000000004.json'), '{ half a');
  await live.look();
  expect(replaced).toHaveLength(flips);
}, 180_000);

test('a challenger with another encoder gets one of its own, which yields', async () => {
  const { live, challenge } = await serve([], [createOtherEncoderChallenger()]);
  await challenge('other-encoder');
  const [own] = live.current().challengers?.own ?? [];
  await expect.poll(() => own?.encoder()?.isHealthy(), { timeout: 30_000 }).toBe(true);
  expect(live.current().challengers?.heads).toHaveLength(1);
  const [row] = sampleRows({ seed: 3, rows: 1, eventCount: 5 });
  const features = new Float32Array(live.current().encoder.featureWidth);
  const encoded = row && (await own?.encoder()?.encodeMany([{ ...row, features }]));
  expect(encoded?.[0]?.rawScores).toHaveLength(1);
}, 180_000);

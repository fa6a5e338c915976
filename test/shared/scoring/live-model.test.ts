// test/shared/scoring/live-model.test.ts: the version that answers follows the alias, keeps the one before warm, and refuses each bad move once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { AppError } from '../../../shared/errors.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { type AliasEntry, promote } from '../../../shared/registry/registry.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { startLiveModel } from '../../../shared/scoring/live-model.ts';
import type { RunningVersion } from '../../../shared/scoring/served-versions.ts';
import { createSmallVersion } from '../../support/small-champion.ts';
import { publishSmallChampion } from '../../support/use-scorer.ts';

const log = createLogger('test', 'silent');
const settings = {
  registryDirectory: '',
  encoderProvider: 'cpu',
  encoderWorkers: 1,
  encoderQueuePositions: 10_000,
} as const;

/** Alias, versions and encoders in the test's hand. */
async function useDouble() {
  const metrics = createScorerMetrics();
  const versions = new Map(
    ['one', 'two', 'three', 'four'].map((name) => [name, createSmallVersion({ modelVersion: name })]),
  );
  let entry: AliasEntry | undefined;
  const started: string[] = [];
  const stopped: string[] = [];
  const replaced: string[] = [];
  const world = {
    /** Versions that do not start. */
    broken: new Set<string>(),
    unhealthy: new Set<RunningVersion>(),
    running: [] as RunningVersion[],
    isRegistryAway: false,
    /** Runs while a version starts. */
    meanwhile: async () => {},
    /** Calls of the models before end now. */
    answered: Promise.resolve(),
  };
  const move = (modelVersion: string): void => {
    const manifestDigest = versions.get(modelVersion)?.manifestDigest ?? '';
    entry = {
      alias: 'champion',
      modelVersion,
      manifestDigest,
      fence: (entry?.fence ?? 0) + 1,
      movedAt: '',
      by: 'test',
    };
  };
  const start = async (version: ReturnType<typeof createSmallVersion>): Promise<RunningVersion> => {
    const { modelVersion } = version.manifest;
    started.push(modelVersion);
    await world.meanwhile();
    if (world.broken.has(modelVersion)) throw new AppError('FRAUD_MODEL_GOLDEN_MISMATCH');
    const running: RunningVersion = {
      model: {
        champion: createChampion(version),
        encoder: {
          encoderVersion: 'double',
          provider: 'cpu',
          providerReport: { asked: 'cpu', provider: 'cpu', refused: [] },
          workers: 1,
          readingCount: 0,
          featureWidth: 0,
          encodeMany: async () => [],
          queuedPositions: () => 0,
          isHealthy: () => !world.unhealthy.has(running),
          activity: () => ({ batches: 0, rows: 0, inputsMs: 0, encoderMs: 0, readingsMs: 0, headsMs: 0 }),
          usageMs: async () => undefined,
        },
      },
      stop: async () => void stopped.push(modelVersion),
    };
    world.running.push(running);
    return running;
  };
  move('one');
  const model = await startLiveModel({
    settings,
    registry: {
      readAlias: async () => {
        if (world.isRegistryAway) throw new Error('away');
        return entry;
      },
      loadVerified: async (name) => {
        const version = versions.get(name);
        if (!version) throw new AppError('FRAUD_MODEL_NOT_FOUND');
        return version;
      },
    },
    log,
    metrics,
    start,
    onReplace: ({ champion }) => {
      replaced.push(champion.manifest.modelVersion);
      return world.answered;
    },
  });
  const readMetric = async (name: string) =>
    (await metrics.registry.getSingleMetric(name)?.get())?.values.map(({ labels, value }) => ({
      ...labels,
      value,
    }));
  const forget = () => {
    entry = undefined;
  };
  const serving = () => model.current().champion.manifest.modelVersion;
  return { world, model, move, forget, serving, started, stopped, replaced, readMetric };
}

test('a promotion is followed at the next look, and nothing happens while nothing changes', async () => {
  const { model, move, serving, started, replaced, readMetric } = await useDouble();
  await model.look();
  expect(replaced).toEqual([]);
  move('two');
  await model.look();
  await model.look();
  expect([serving(), replaced, started]).toEqual(['two', ['two'], ['one', 'two']]);
  expect(await readMetric('fraud_champion_info')).toEqual([{ model_version: 'two', value: 1 }]);
  expect(await readMetric('fraud_champion_fence')).toEqual([{ value: 2 }]);
  expect(await readMetric('fraud_model_swaps_total')).toEqual([{ end: 'replaced', value: 1 }]);
});

test('the version before stays warm: going back starts nothing, and one more promotion stops the one before it', async () => {
  const { model, move, serving, started, stopped } = await useDouble();
  move('two');
  await model.look();
  move('one');
  await model.look();
  expect([serving(), started, stopped]).toEqual(['one', ['one', 'two'], []]);
  move('three');
  await model.look();
  expect([serving(), started, stopped]).toEqual(['three', ['one', 'two', 'three'], ['two']]);
  await model.close();
  expect(stopped.toSorted()).toEqual(['one', 'three', 'two']);
});

test('no version is stopped before the last call that may use it has ended', async () => {
  const { world, model, move, stopped } = await useDouble();
  let answer = () => {};
  move('two');
  await model.look();
  world.answered = new Promise((resolve) => {
    answer = resolve;
  });
  move('three');
  await model.look();
  expect(stopped).toEqual([]);
  answer();
  await expect.poll(() => stopped).toEqual(['one']);
});

test('a version that cannot serve leaves the one before in place, is tried once for its move, and the next move is followed', async () => {
  const { world, model, move, serving, started, replaced, readMetric } = await useDouble();
  world.broken.add('two');
  move('two');
  for (let look = 0; look < 5; look++) await model.look();
  expect([serving(), replaced, started]).toEqual(['one', [], ['one', 'two']]);
  expect(model.facts()).toMatchObject({
    modelVersion: 'one',
    refused: { modelVersion: 'two', fence: 2, code: 'FRAUD_MODEL_GOLDEN_MISMATCH' },
  });
  expect(await readMetric('fraud_model_swaps_total')).toEqual([{ end: 'refused', value: 1 }]);
  world.broken.clear();
  move('two');
  await model.look();
  expect([serving(), started]).toEqual(['two', ['one', 'two', 'two']]);
  expect(model.facts()).not.toHaveProperty('refused');
});

test('a move made while another one fails is not taken for the one that failed', async () => {
  const { world, model, move, serving } = await useDouble();
  world.broken.add('two');
  world.meanwhile = async () => {
    world.meanwhile = async () => {};
    move('three');
  };
  move('two');
  await model.look();
  await model.look();
  expect(serving()).toBe('three');
});

test('an alias that is gone, or a registry that cannot be read, changes nothing and starts nothing', async () => {
  const { world, model, forget, serving, started } = await useDouble();
  forget();
  for (let look = 0; look < 3; look++) await model.look();
  world.isRegistryAway = true;
  await model.look();
  expect([serving(), started]).toEqual(['one', ['one']]);
});

test('an encoder whose worker hung or died is started anew, even while the registry is away, and the lost one is stopped', async () => {
  const { world, model, serving, started, stopped, replaced } = await useDouble();
  const [lost] = world.running;
  if (lost) world.unhealthy.add(lost);
  world.isRegistryAway = true;
  await model.look();
  expect([serving(), started, replaced, stopped]).toEqual(['one', ['one', 'one'], ['one'], ['one']]);
  expect(model.facts()).toMatchObject({ isEncoderHealthy: true });
});

test('a version kept warm whose encoder was lost meanwhile is started anew when the alias goes back to it', async () => {
  const { world, model, move, serving, started, stopped } = await useDouble();
  const [first] = world.running;
  move('two');
  await model.look();
  if (first) world.unhealthy.add(first);
  move('one');
  await model.look();
  expect([serving(), started, stopped]).toEqual(['one', ['one', 'two', 'one'], ['one']]);
});

test('asked while it looks, it looks once more: a hint that comes during a swap is not lost', async () => {
  const { world, model, move, serving } = await useDouble();
  let hint = Promise.resolve();
  world.meanwhile = async () => {
    world.meanwhile = async () => {};
    move('three');
    hint = model.look();
  };
  move('two');
  await model.look();
  await hint;
  expect(serving()).toBe('three');
});

test('with a registry on disk and real encoders: verified, followed, kept warm, and a broken version refused', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-live-model-'));
  const registryDirectory = await publishSmallChampion(join(directory, 'registry'));
  const registry = new FileRegistry(registryDirectory);
  const model = await startLiveModel({
    settings: { ...settings, registryDirectory },
    registry,
    log,
    metrics: createScorerMetrics(),
    onReplace: async () => {},
  });
  onTestFinished(async () => {
    await model.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const before = model.current();
  for (const changes of [{ modelVersion: 'small-2' }, { modelVersion: 'broken', featureVersion: 'other' }]) {
    const { manifest, files } = createSmallVersion(changes);
    await registry.publish(manifest, files);
    await promote(registry, manifest.modelVersion, { movedAt: manifest.createdAt, by: 'test' });
    await model.look();
  }
  expect(model.current().champion.manifest.modelVersion).toBe('small-2');
  expect(model.facts()).toMatchObject({ refused: { modelVersion: 'broken', code: 'FRAUD_MODEL_INVALID' } });
  await promote(registry, 'small', { movedAt: '2026-01-02T00:00:00.000Z', by: 'test' });
  await model.look();
  expect(model.current()).toBe(before);
});

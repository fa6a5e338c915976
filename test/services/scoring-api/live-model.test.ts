// test/services/scoring-api/live-model.test.ts: the model that answers follows the alias and is started anew when its encoder is lost, without a restart of the process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createApiMetrics } from '../../../services/scoring-api/api-metrics.ts';
import { startLiveModel } from '../../../services/scoring-api/live-model.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { promote } from '../../../shared/registry/registry.ts';
import { createSmallVersion } from '../../support/small-champion.ts';
import { publishSmallChampion } from '../../support/use-scorer.ts';

async function useLiveModel() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-live-model-'));
  const registryDirectory = await publishSmallChampion(join(directory, 'registry'));
  const registry = new FileRegistry(registryDirectory);
  const replaced: string[] = [];
  const model = await startLiveModel({
    settings: {
      registryDirectory,
      encoderProvider: 'cpu',
      encoderWorkers: 1,
      encoderQueuePositions: 10_000,
    },
    registry,
    log: createLogger('test', 'silent'),
    metrics: createApiMetrics(),
    onReplace: ({ champion }) => void replaced.push(champion.manifest.modelVersion),
  });
  onTestFinished(async () => {
    await model.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { registry, model, replaced };
}

test('a promotion is followed at the next look, and nothing happens while nothing changes', async () => {
  const { registry, model, replaced } = await useLiveModel();
  await model.look();
  expect(replaced).toEqual([]);
  const { manifest, files } = createSmallVersion({ modelVersion: 'small-2' });
  await registry.publish(manifest, files);
  await promote(registry, 'small-2', { movedAt: manifest.createdAt, by: 'test' });
  const before = model.current().encoder;
  await model.look();
  expect(replaced).toEqual(['small-2']);
  expect(model.current().encoder).not.toBe(before);
  expect(model.current().encoder.isHealthy()).toBe(true);
  // The one before was drained and closed.
  await expect(before.encodeMany([])).resolves.toEqual([]);
  expect(before.queuedPositions()).toBe(0);
});

test('a version that cannot be loaded leaves the one before in place', async () => {
  const { registry, model, replaced } = await useLiveModel();
  const { manifest, files } = createSmallVersion({ modelVersion: 'broken', featureVersion: 'other' });
  await registry.publish(manifest, files);
  await promote(registry, 'broken', { movedAt: manifest.createdAt, by: 'test' });
  await model.look();
  expect(replaced).toEqual([]);
  expect(model.current().champion.manifest.modelVersion).toBe('small');
  expect(model.current().encoder.isHealthy()).toBe(true);
});

// services/scoring-api/routes/models.ts: GET /v1/models, /v1/models/champion: versions, aliases and the model card.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Manifest } from '../../../shared/registry/manifest.ts';
import { aliases, loadAlias, type Registry } from '../../../shared/registry/registry.ts';
import { describeRoute } from '../describe-route.ts';
import { modelDetailSchema, modelSummarySchema } from '../documents.ts';

const toSummary = ({ modelVersion, createdAt, encoder, featureVersion }: Manifest) => ({
  modelVersion,
  createdAt,
  encoderVersion: encoder.version,
  featureVersion,
});

async function readAliases(registry: Registry): Promise<ReadonlyMap<string, string[]>> {
  const entries = await Promise.all(aliases.map((alias) => registry.readAlias(alias)));
  const byVersion = new Map<string, string[]>();
  for (const entry of entries) {
    if (entry) byVersion.set(entry.modelVersion, [...(byVersion.get(entry.modelVersion) ?? []), entry.alias]);
  }
  return byVersion;
}

export function registerModels(server: FastifyInstance, { registry }: { readonly registry: Registry }): void {
  const typed = server.withTypeProvider<ZodTypeProvider>();
  typed.route({
    method: 'GET',
    url: '/v1/models',
    config: { scope: 'read' },
    schema: {
      ...describeRoute('listModels', 'Model versions and their aliases', 'read'),
      response: { 200: z.object({ models: z.array(modelSummarySchema) }) },
    },
    handler: async () => {
      const named = await readAliases(registry);
      const versions = await registry.listVersions();
      const manifests = await Promise.all(versions.map((version) => registry.readManifest(version)));
      const models = manifests.map((manifest) => ({
        ...toSummary(manifest),
        aliases: named.get(manifest.modelVersion) ?? [],
      }));
      return { models: models.sort((one, other) => other.createdAt.localeCompare(one.createdAt)) };
    },
  });
  typed.route({
    method: 'GET',
    url: '/v1/models/champion',
    config: { scope: 'read' },
    schema: {
      ...describeRoute('readChampion', 'The version that decides, with its model card', 'read'),
      response: { 200: modelDetailSchema },
    },
    handler: async () => {
      const { version } = await loadAlias(registry, 'champion');
      const { manifest, manifestDigest, files } = version;
      const named = await readAliases(registry);
      return {
        ...toSummary(manifest),
        aliases: named.get(manifest.modelVersion) ?? [],
        manifestDigest,
        thresholds: manifest.thresholds,
        modelCard: Buffer.from(files.get(manifest.modelCard) ?? []).toString(),
      };
    },
  });
}

// services/scoring-api/trained-with.ts: model versions that may have learnt from a card: trained on days on which it was active, or going on from one that was.
import { z } from 'zod';
import type { Tombstone } from '../../shared/erasure/tombstones.ts';
import type { Manifest } from '../../shared/registry/manifest.ts';
import type { Registry } from '../../shared/registry/registry.ts';

const reportSchema = z.object({ windows: z.object({ training: z.object({ fromMs: z.number() }) }) });

/** When the rows begin that a version was made from; undefined when its report does not tell. */
async function readBeginning(
  registry: Pick<Registry, 'loadVerified'>,
  { modelVersion, report }: Manifest,
): Promise<number | undefined> {
  const { files } = await registry.loadVerified(modelVersion);
  const text = Buffer.from(files.get(report) ?? []).toString();
  const parsed = reportSchema.safeParse(text === '' ? undefined : JSON.parse(text));
  return parsed.success ? parsed.data.windows.training.fromMs : undefined;
}

/**
 * Versions without lineage came from simulated traffic and saw no card. Of the others each counts whose rows began before the
 * card's last event and whose cut lies after its first, and each that goes on from such a version. Rows are sampled: a version
 * listed may have seen the card, one not listed has not.
 * @param active undefined: nothing is known of the card
 */
export async function findTrainedWith(
  registry: Pick<Registry, 'listVersions' | 'readManifest' | 'loadVerified'>,
  active: Tombstone['active'],
): Promise<string[]> {
  if (!active) return [];
  const names = await registry.listVersions();
  const manifests = await Promise.all(names.map((name) => registry.readManifest(name)));
  const trained = new Set<string>();
  for (const manifest of manifests) {
    const { lineage, modelVersion } = manifest;
    if (!lineage || Date.parse(lineage.cut) <= active.fromMs) continue;
    const beganAtMs = (await readBeginning(registry, manifest)) ?? Number.NEGATIVE_INFINITY;
    if (beganAtMs <= active.untilMs) trained.add(modelVersion);
  }
  // Parents before children are not a given: until nothing is added any more.
  for (let before = -1; before !== trained.size; ) {
    before = trained.size;
    for (const { modelVersion, derivedFrom } of manifests)
      if (derivedFrom !== undefined && trained.has(derivedFrom)) trained.add(modelVersion);
  }
  return names.filter((name) => trained.has(name));
}

// test/bench/shadow-versions.ts: challengers that cost what real ones cost: the champion's head under other names, or on another shipped encoder.
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { describeFiles, sha256Of, toManifestBytes } from '../../shared/registry/manifest.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';

function rename(
  { manifest, files }: VerifiedVersion,
  modelVersion: string,
  changed: ReadonlyMap<string, Uint8Array>,
): VerifiedVersion {
  const all = new Map([...files, ...changed]);
  const renamed = { ...manifest, modelVersion, files: describeFiles(all) };
  return { manifest: renamed, manifestDigest: sha256Of(toManifestBytes(renamed)), files: all };
}

/** `count` heads on the champion's encoder: each is loaded and run for itself. */
export const createSharedShadows = (champion: VerifiedVersion, count: number): VerifiedVersion[] =>
  Array.from({ length: count }, (_, index) => rename(champion, `shadow-head-${index}`, new Map()));

/** The champion's heads on another shipped encoder of the same size: its scores mean nothing, its cost is that of a real one. */
export function createOwnShadow(champion: VerifiedVersion): VerifiedVersion {
  const { model } = loadPretrained('small-cnp');
  return rename(champion, 'shadow-encoder', new Map([[champion.manifest.encoder.file, model]]));
}

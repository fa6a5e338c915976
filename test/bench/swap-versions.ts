// test/bench/swap-versions.ts: versions to swap between: the shipped one under other names, some with another encoder of the same size.
import { type EncoderConfig, type EncoderWeights, randomWeights } from '../../shared/encoder/definition.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { describeFiles } from '../../shared/registry/manifest.ts';
import { promote, type Registry } from '../../shared/registry/registry.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import type { VersionStamp } from '../support/swap-evidence.ts';

export interface SwapVersion {
  readonly stamp: VersionStamp;
  readonly hasOtherEncoder: boolean;
  promote(): Promise<void>;
}

/** Share of random weights in another encoder. */
const NOISE = 0.01;

/** Other numbers, nearly the same decisions: with a random encoder many more payments are reviewed and explained, which costs more than any swap. */
function disturb(config: EncoderConfig, weights: EncoderWeights, seed: number): EncoderWeights {
  const noise = randomWeights(config, seed);
  return new Map(
    [...weights].map(([name, values]) => {
      const added = noise.get(name);
      return [name, values.map((value, at) => value + NOISE * (added?.[at] ?? 0))];
    }),
  );
}

/**
 * Publishes `count` versions, every fifth with an encoder of its own: as much to compute, other numbers.
 * @returns in the order of their promotion
 */
export async function publishSwapVersions(registry: Registry, count: number): Promise<SwapVersion[]> {
  const shipped = await loadShipped();
  const { config } = createChampion(shipped);
  const weights = loadPretrained(config.name).readWeights();
  const versions: SwapVersion[] = [];
  for (let swap = 1; swap <= count; swap++) {
    const hasOtherEncoder = swap % 5 === 0;
    const modelVersion = `swap-${String(swap).padStart(3, '0')}`;
    const { encoder } = shipped.manifest;
    const files = new Map(shipped.files);
    if (hasOtherEncoder) files.set(encoder.file, toOnnxModel(config, disturb(config, weights, swap)));
    const manifest = {
      ...shipped.manifest,
      modelVersion,
      encoder: { ...encoder, version: hasOtherEncoder ? `${encoder.version}-${swap}` : encoder.version },
      files: describeFiles(files),
    };
    const { manifestDigest } = await registry.publish(manifest, files);
    versions.push({
      stamp: { modelVersion, manifestDigest, encoderVersion: manifest.encoder.version },
      hasOtherEncoder,
      promote: async () => {
        await promote(registry, modelVersion, { movedAt: manifest.createdAt, by: 'bench' });
      },
    });
  }
  return versions;
}

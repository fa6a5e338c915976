// test/quality/weights-cache.ts: encoders pretrained by quality programs, kept below .fraud/quality so that a run resumes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import { type EncoderConfig, type EncoderWeights, weightShapes } from '../../shared/encoder/definition.ts';
import { fromSafetensors, toSafetensors } from '../../shared/encoder/safetensors.ts';

/** Weights under this name, made by `train` the first time. */
export async function cachedWeights(
  name: string,
  config: EncoderConfig,
  train: () => Promise<EncoderWeights>,
): Promise<EncoderWeights> {
  const file = join(packageRoot, '.fraud/quality', `${name}.safetensors`);
  if (existsSync(file)) {
    const { tensors } = fromSafetensors(readFileSync(file));
    return new Map([...tensors].map(([key, { values }]) => [key, values]));
  }
  const weights = await train();
  const tensors = weightShapes(config).map(({ name: key, shape }) => {
    const values = weights.get(key) ?? new Float32Array();
    return [key, { shape, values }] as const;
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, toSafetensors(new Map(tensors)));
  return weights;
}

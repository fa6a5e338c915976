// test/quality/weights-cache.ts: encoders pretrained by quality programs, kept below .fraud/quality so that a run resumes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import type { EncoderConfig, EncoderWeights } from '../../shared/encoder/definition.ts';
import { fromWeightFile, toWeightFile } from '../../shared/encoder/weight-file.ts';

/** Weights under this name, made by `train` the first time. */
export async function cachedWeights(
  name: string,
  config: EncoderConfig,
  train: () => Promise<EncoderWeights>,
): Promise<EncoderWeights> {
  const file = join(packageRoot, '.fraud/quality', `${name}.safetensors`);
  if (existsSync(file)) return fromWeightFile(readFileSync(file)).weights;
  const weights = await train();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, toWeightFile(config, weights));
  return weights;
}

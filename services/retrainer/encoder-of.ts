// services/retrainer/encoder-of.ts: a version's encoder with its weights: beside it in the version, or, of a shipped one, in the package.
import { loadPretrained, shippedEncoders } from '../../shared/encoder/pretrained.ts';
import { fromWeightFile, toWeightFile } from '../../shared/encoder/weight-file.ts';
import { AppError } from '../../shared/errors.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import type { Champion } from '../../shared/scoring/champion.ts';
import type { BuiltEncoder } from '../../shared/transfer/transfer-inputs.ts';

/** Weights of an encoder that a retraining changed: the next one goes on from them. */
export const WEIGHTS_FILE = 'encoder-weights.safetensors';

/** As it serves, without weights: all that a retraining of heads needs. */
export function encoderOf(champion: Champion, { files }: VerifiedVersion): BuiltEncoder {
  const { version, file } = champion.manifest.encoder;
  return {
    encoderVersion: version,
    config: champion.config,
    model: files.get(file) ?? new Uint8Array(),
  };
}

/** @throws AppError FRAUD_ENCODER_WITHOUT_WEIGHTS for an encoder that was imported as a finished model */
export function weightsOf(champion: Champion, { files }: VerifiedVersion) {
  const { version } = champion.manifest.encoder;
  const kept = files.get(WEIGHTS_FILE);
  if (kept) return fromWeightFile(kept).weights;
  for (const name of shippedEncoders) {
    const shipped = loadPretrained(name);
    if (shipped.encoderVersion === version) return shipped.readWeights();
  }
  throw new AppError('FRAUD_ENCODER_WITHOUT_WEIGHTS', {
    detail: `A mode that changes the encoder needs its weights; those of ${version} are not known.`,
  });
}

export function toWeightBytes({ config, weights }: BuiltEncoder): Uint8Array | undefined {
  return weights && toWeightFile(config, weights);
}

// shared/encoder/weight-file.ts: an encoder's weights as a safetensors file, every weight of its definition by name, and back.
import { type EncoderConfig, type EncoderWeights, weightShapes } from './definition.ts';
import { fromSafetensors, type NamedTensor, toSafetensors } from './safetensors.ts';

/** Bytes of a file with every weight of the definition, in its order; one that is missing is empty. */
export function toWeightFile(
  config: EncoderConfig,
  weights: EncoderWeights,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors = weightShapes(config).map(({ name, shape }): [string, NamedTensor] => [
    name,
    { shape, values: weights.get(name) ?? new Float32Array() },
  ]);
  return toSafetensors(new Map(tensors), metadata);
}

/** @throws AppError FRAUD_MODEL_INVALID when it is no safetensors file of float32 */
export function fromWeightFile(bytes: Uint8Array): {
  readonly weights: EncoderWeights;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const { tensors, metadata } = fromSafetensors(bytes);
  return { weights: new Map([...tensors].map(([name, { values }]) => [name, values])), metadata };
}

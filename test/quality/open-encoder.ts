// test/quality/open-encoder.ts: weights as an encoder of the product, without heads, for one portfolio's reference.
import type { EncoderConfig, EncoderWeights } from '../../shared/encoder/definition.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';

/** Close it. */
export const openEncoder = (config: EncoderConfig, weights: EncoderWeights, reference: PopulationReference) =>
  createOnnxEncoder({
    encoderModel: toOnnxModel(config, weights),
    encoderVersion: 'quality',
    config,
    heads: [],
    references: { '*': reference },
  });

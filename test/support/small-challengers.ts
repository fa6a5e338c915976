// test/support/small-challengers.ts: versions to shadow the small champion with: sound, biased, giving NaN, never ending, on another encoder.
import { encoderConfigs, randomWeights } from '../../shared/encoder/definition.ts';
import { createOnnxBuilder } from '../../shared/encoder/onnx-builder.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { writeHeadGraph } from '../../shared/head/head-graph.ts';
import { fullHeadInputs } from '../../shared/head/head-inputs.ts';
import { describeFiles, sha256Of, toManifestBytes } from '../../shared/registry/manifest.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import { createSmallVersion } from './small-champion.ts';

const config = encoderConfigs.tiny;

/** The small version under another name with some files replaced. */
function withFiles(modelVersion: string, replaced: Readonly<Record<string, Uint8Array>>): VerifiedVersion {
  const small = createSmallVersion();
  const files = new Map([...small.files, ...Object.entries(replaced)]);
  const manifest = { ...small.manifest, modelVersion, files: describeFiles(files) };
  return { manifest, manifestDigest: sha256Of(toManifestBytes(manifest)), files };
}

/** A linear head on the amount, plus `bias`. */
function writeAmountHead(bias: number): Uint8Array {
  const inputs = fullHeadInputs(config);
  const weights = new Float32Array(inputs.length);
  weights[inputs.indexOf('feature-amountLog')] = 1;
  const layer = { inputs: inputs.length, outputs: 1, weights, bias: Float32Array.of(bias) };
  const scale = new Float32Array(inputs.length).fill(1);
  return writeHeadGraph({ inputs, mean: new Float32Array(inputs.length), scale, layers: [layer] }, {});
}

/** Scores `bias` more than the champion, on the champion's encoder. */
export const createBiasedChallenger = (modelVersion: string, bias: number): VerifiedVersion =>
  withFiles(modelVersion, { 'full.onnx': writeAmountHead(bias) });

/** Every raw score is NaN. */
export const createNanChallenger = (): VerifiedVersion =>
  withFiles('nan', { 'full.onnx': writeAmountHead(Number.NaN) });

/** Its head runs a loop: it may never end. */
export function createEndlessChallenger(): VerifiedVersion {
  const builder = createOnnxBuilder();
  const x = builder.input('x', 'float32', ['B', fullHeadInputs(config).length]);
  builder.output('logit', builder.node('Loop', [x]), ['B', 1]);
  return withFiles('endless', { 'full.onnx': builder.build('head', {}) });
}

/** Its head is a graph that ends, of an operator that does not exist. */
export function createUnloadableChallenger(): VerifiedVersion {
  const builder = createOnnxBuilder();
  const x = builder.input('x', 'float32', ['B', fullHeadInputs(config).length]);
  builder.output('logit', builder.node('NoSuchOperator', [x]), ['B', 1]);
  return withFiles('unloadable', { 'full.onnx': builder.build('head', {}) });
}

/** Another encoder of the same size. */
export const createOtherEncoderChallenger = (): VerifiedVersion =>
  withFiles('other-encoder', { 'encoder.onnx': toOnnxModel(config, randomWeights(config, 8)) });

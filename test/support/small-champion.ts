// test/support/small-champion.ts: a complete, valid model version with invented weights, for tests of scoring and services.
import { encoderConfigs, randomWeights } from '../../shared/encoder/definition.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { defaultFeatureSettings } from '../../shared/features/feature-settings.ts';
import { TAIL_PROBABILITIES } from '../../shared/features/population-reference.ts';
import { featureVersion } from '../../shared/features/velocity.ts';
import { DAY_ZERO_TABLE } from '../../shared/head/day-zero.ts';
import { toHeadBytes } from '../../shared/head/head-bytes.ts';
import { writeHeadGraph } from '../../shared/head/head-graph.ts';
import { featuresOnlyInputs, fullHeadInputs } from '../../shared/head/head-inputs.ts';
import type { HeadWeights } from '../../shared/head/head-weights.ts';
import { listStatistics } from '../../shared/head/statistics.ts';
import { describeFiles, type Manifest, sha256Of, toManifestBytes } from '../../shared/registry/manifest.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import { sampleReference } from './encoder-rows.ts';

const config = encoderConfigs.tiny;
const steps = TAIL_PROBABILITIES.map((_, index) => index + 1);
const straight = { rawScores: [-20, 20], scores: [0, 1] };

/** A linear head whose only weight lies on ln(amount over median): a larger amount is riskier. */
function createAmountHead(inputs: readonly string[]): HeadWeights {
  const weights = new Float32Array(inputs.length);
  weights[inputs.indexOf('feature-amountLog')] = 1;
  return {
    inputs,
    mean: new Float32Array(inputs.length),
    scale: new Float32Array(inputs.length).fill(1),
    layers: [{ inputs: inputs.length, outputs: 1, weights, bias: Float32Array.of(0) }],
  };
}

/** Same version on every call with the same changes; another seed, another encoder. Scores rise with the amount on every tier; thresholds lie at amounts of e² and e⁴ medians. */
export function createSmallVersion(changes: Partial<Manifest> = {}, encoderSeed = 7): VerifiedVersion {
  const fullInputs = fullHeadInputs(config);
  const tails = Object.fromEntries(
    [...listStatistics(config).map(({ name }) => name), DAY_ZERO_TABLE].map((name) => [name, steps]),
  );
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const files = new Map<string, Uint8Array>([
    ['encoder.onnx', toOnnxModel(config, randomWeights(config, encoderSeed))],
    ['full.onnx', writeHeadGraph(createAmountHead(fullInputs), {})],
    ['features-only.json', toHeadBytes(createAmountHead(featuresOnlyInputs))],
    ['report.json', json({})],
    ['card.md', json('A version for tests.')],
    ['reference-0.json', json({ ...sampleReference('*'), tails })],
  ]);
  const manifest: Manifest = {
    formatVersion: 1,
    modelVersion: 'small',
    createdAt: '2026-01-01T00:00:00.000Z',
    encoder: {
      version: encoderSeed === 7 ? 'tiny-random' : `tiny-random-${encoderSeed}`,
      file: 'encoder.onnx',
      config: { ...config },
    },
    heads: {
      full: { file: 'full.onnx', inputs: fullInputs },
      featuresOnly: { file: 'features-only.json', inputs: [...featuresOnlyInputs] },
    },
    calibrators: { full: straight, featuresOnly: straight, rules: straight },
    thresholds: {
      reviewAbove: 0.55,
      declineAbove: 0.6,
      riskLevels: { elevated: 0.52, high: 0.55, critical: 0.6 },
    },
    featureVersion,
    featureSettings: { ...defaultFeatureSettings },
    references: { '*': { file: 'reference-0.json' } },
    explanation: { minimumBits: 3, maximumReasons: 4 },
    report: 'report.json',
    modelCard: 'card.md',
    files: describeFiles(files),
    ...changes,
  };
  return { manifest, manifestDigest: sha256Of(toManifestBytes(manifest)), files };
}

// test/quality/handbook-methods.ts: our head on the Handbook by method: encoder prepared, rows encoded, trees fitted per fold and seed; all kept.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EncoderConfig, type EncoderWeights, randomWeights } from '../../shared/encoder/definition.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { fitTrees } from '../../shared/head/fit-trees.ts';
import { scoreTrees } from '../../shared/head/tree-ensemble.ts';
import { sha256Of } from '../../shared/registry/manifest.ts';
import { adaptEncoder } from '../../shared/training/adapt-encoder.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import { type HandbookData, handbookCache, REFERENCE_UNTIL } from './handbook-data.ts';
import type { Fold } from './handbook-folds.ts';
import type { MethodName, Recipe } from './handbook-recipe.ts';
import { type InputFamilies, type NamedEncoder, readingsOf, selectInputs } from './handbook-rows.ts';
import { streamBefore } from './handbook-streams.ts';
import { readNpy, writeNpy } from './npy.ts';
import { say } from './say.ts';
import { cachedWeights } from './weights-cache.ts';

/** An encoder pretrained on traffic that the Handbook's is not. */
const WRONG_DOMAIN = 'small-cnp';

function toNamed(config: EncoderConfig, weights: EncoderWeights): NamedEncoder {
  const model = toOnnxModel(config, weights);
  return { encoderVersion: `${config.name}-${sha256Of(model).slice(0, 12)}`, config, model };
}

/** Continued pretraining on the unlabelled events before everything that is chosen or judged on. */
export async function adaptToHandbook(
  data: HandbookData,
  name: string,
  steps: number,
): Promise<NamedEncoder> {
  const { encoderVersion, config, readWeights } = loadPretrained(name);
  const key = `handbook-adapted-${encoderVersion}-${steps}-1`;
  const weights = await cachedWeights(key, config, async () => {
    const { tf } = await chooseBackend();
    const { training, heldOut } = streamBefore(data, REFERENCE_UNTIL.getTime());
    say(`adapting ${encoderVersion} to ${training.eventCount} unlabelled events`);
    const settings = { steps, learningRate: 4e-3, rows: 96, seed: 1 };
    const adapted = await adaptEncoder({
      tf,
      config,
      initial: readWeights(),
      stream: training,
      heldOut,
      settings,
    });
    const { before, after } = adapted.heldOutLoss;
    say(`  forecast loss on held-out cards ${before.toFixed(2)} → ${after.toFixed(2)} nats`);
    return adapted.weights;
  });
  return toNamed(config, weights);
}

async function encoderOf(
  data: HandbookData,
  method: MethodName,
  recipe: Recipe,
): Promise<NamedEncoder | undefined> {
  const { config, readWeights } = loadPretrained(recipe.encoder);
  switch (method) {
    case 'features':
      return undefined;
    case 'everything, random weights':
      return toNamed(config, randomWeights(config, 1));
    case 'everything, not adapted':
      return toNamed(config, readWeights());
    case 'everything, wrong domain':
      return adaptToHandbook(data, WRONG_DOMAIN, recipe.adaptationSteps);
    default:
      return adaptToHandbook(data, recipe.encoder, recipe.adaptationSteps);
  }
}

async function familiesOf(
  data: HandbookData,
  folds: readonly Fold[],
  method: MethodName,
  recipe: Recipe,
): Promise<{ readonly families: InputFamilies; readonly encoderVersion: string }> {
  const encoder = await encoderOf(data, method, recipe);
  const rows = folds.flatMap(({ trainRows, testRows }) => [...trainRows, ...testRows]);
  const readings = encoder && (await readingsOf(data, encoder, rows));
  return {
    encoderVersion: encoder?.encoderVersion ?? 'none',
    families: {
      readings,
      features: method !== 'readings only' && method !== 'readings and event',
      event: method === 'readings and event',
    },
  };
}

/** Raw scores of each fold's test rows, one column per seed of the recipe. */
export async function scoreByMethod(
  data: HandbookData,
  folds: readonly Fold[],
  method: MethodName,
  recipe: Recipe,
): Promise<Float64Array[][]> {
  const { families, encoderVersion } = await familiesOf(data, folds, method, recipe);
  const scores: Float64Array[][] = [];
  for (const fold of folds) {
    const ofFold: Float64Array[] = [];
    for (const seed of recipe.seeds)
      ofFold.push(scoreFold(data, fold, { families, encoderVersion, method, seed, trees: recipe.trees }));
    scores.push(ofFold);
  }
  return scores;
}

interface FitOrder {
  readonly families: InputFamilies;
  readonly encoderVersion: string;
  readonly method: MethodName;
  readonly seed: number;
  readonly trees: Recipe['trees'];
}

function scoreFold(
  data: HandbookData,
  { start, trainRows, testRows }: Fold,
  { families, encoderVersion, method, seed, trees: options }: FitOrder,
): Float64Array {
  const facts = [start, trainRows.length, testRows.length, encoderVersion, method, seed, options];
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  const folder = join(handbookCache(), 'ours');
  const file = join(folder, `${key}.npy`);
  if (existsSync(file)) return readNpy(file, '<f8');
  const startedAt = performance.now();
  const { trees } = fitTrees(selectInputs(data, trainRows, families), { ...options, seed });
  const { inputs, values } = selectInputs(data, testRows, families);
  const width = inputs.length;
  const scores = Float64Array.from(testRows, (_, index) =>
    scoreTrees(trees, values.subarray(index * width, (index + 1) * width)),
  );
  mkdirSync(folder, { recursive: true });
  writeNpy(file, scores, [scores.length]);
  say(`  ${method}, ${start}, seed ${seed}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return scores;
}

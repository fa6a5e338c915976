// test/quality/gate-challengers.ts: challengers that should and should not become champion: what was done to their labels, or to what a stage made.
import type { StageTimes, Watched, WatchedStages } from '../../services/retrainer/watch-stages.ts';
import type { Outcome } from '../../shared/domain/outcome.ts';
import type { HeadWeights } from '../../shared/head/head-weights.ts';
import type { CalibratorPoints } from '../../shared/registry/manifest.ts';
import { createRandom } from '../../shared/simulation/random.ts';
import type { GatesPortfolio } from './gates-portfolio.ts';
import { flipMerchant, flipShare, swapShare } from './poison-labels.ts';

/** What a stage leaves that a challenger may be spoilt by. */
interface Spoilable {
  readonly heads: { readonly full: HeadWeights; readonly featuresOnly: HeadWeights };
  readonly calibrators: Readonly<Record<'full' | 'featuresOnly' | 'rules', CalibratorPoints>>;
}

export interface GateChallenger {
  readonly name: string;
  /** Outcomes as this challenger's archive has them; left out: as they came. */
  readonly poison?: (portfolio: GatesPortfolio, merchants: readonly string[]) => Outcome[];
  /** Which of the merchants is poisoned. */
  readonly merchant?: number;
  readonly spoilHead?: (head: HeadWeights) => HeadWeights;
  readonly spoilCalibrator?: (points: CalibratorPoints) => CalibratorPoints;
}

const mapWeights = (
  head: HeadWeights,
  map: (value: number, layer: number, at: number) => number,
): HeadWeights => ({
  ...head,
  layers: head.layers.map((layer, index) => ({
    ...layer,
    weights: layer.weights.map((value, at) => map(value, index, at)),
  })),
});

const sizeOf = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length));

/** Every weight off by about its layer's usual size, every leaf by that of the leaves. */
function addNoise(head: HeadWeights): HeadWeights {
  const random = createRandom(7);
  const sizes = head.layers.map(({ weights }) => sizeOf(weights));
  const noisy = mapWeights(head, (value, layer) => value + (sizes[layer] ?? 0) * random.normal());
  if (!head.trees) return noisy;
  const size = sizeOf(head.trees.leaves);
  const leaves = head.trees.leaves.map((value) => value + size * random.normal());
  return { ...noisy, trees: { ...head.trees, leaves } };
}

/** The same scores beside a layer of so many units whose sum nobody reads. */
const IDLE_UNITS = 16_384;
function addIdleUnits(head: HeadWeights): HeadWeights {
  const [first, ...rest] = head.layers;
  if (!first) return head;
  const kept = rest.length > 0 ? first.outputs : 0;
  const outputs = kept + IDLE_UNITS;
  const weights = new Float32Array(first.inputs * outputs).fill(1e-3);
  const bias = new Float32Array(outputs);
  if (kept > 0) {
    for (let row = 0; row < first.inputs; row++)
      weights.set(first.weights.subarray(row * kept, (row + 1) * kept), row * outputs);
    bias.set(first.bias);
  }
  const wide = { inputs: first.inputs, outputs, weights, bias };
  // Of boosted trees the only layer says the base rate, which the layer behind the idle units says then.
  const [second = { ...first, weights: new Float32Array(0) }, ...others] = rest;
  const next = new Float32Array(outputs * second.outputs);
  next.set(second.weights);
  return { ...head, layers: [wide, { ...second, inputs: outputs, weights: next }, ...others] };
}

/** Odds times four: the order stays, the promises do not hold. */
const boast = ({ rawScores, scores }: CalibratorPoints): CalibratorPoints => ({
  rawScores,
  scores: scores.map((score) => (4 * score) / (1 + 3 * score)),
});

const flipMerchantAt =
  (index: number) =>
  (portfolio: GatesPortfolio, merchants: readonly string[]): Outcome[] =>
    flipMerchant(portfolio, merchants[index] ?? '');

/** The clean one comes first: the others are held against it. */
export const gateChallengers: readonly GateChallenger[] = [
  { name: 'clean' },
  { name: 'worse: every weight disturbed', spoilHead: addNoise },
  { name: 'miscalibrated: odds times four', spoilCalibrator: boast },
  { name: 'slower: idle units', spoilHead: addIdleUnits },
  {
    name: 'NaN weights',
    spoilHead: (head) => mapWeights(head, (value, _layer, at) => (at % 97 === 0 ? Number.NaN : value)),
  },
  { name: '5 % of all labels flipped', poison: (portfolio) => flipShare(portfolio, 0.05) },
  { name: '20 % of all labels flipped', poison: (portfolio) => flipShare(portfolio, 0.2) },
  { name: '5 % of frauds swapped with genuine', poison: (portfolio) => swapShare(portfolio, 0.05) },
  { name: '20 % of frauds swapped with genuine', poison: (portfolio) => swapShare(portfolio, 0.2) },
  { name: 'labels of one merchant flipped (most fraud)', merchant: 0, poison: flipMerchantAt(0) },
  { name: 'labels of one merchant flipped (much traffic)', merchant: 1, poison: flipMerchantAt(1) },
];

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null;
const hasHeads = (value: unknown): value is Pick<Spoilable, 'heads'> => isRecord(value) && 'heads' in value;
const hasCalibrators = (value: unknown): value is Pick<Spoilable, 'calibrators'> =>
  isRecord(value) && 'calibrators' in value;

/** The retrainer's own stages, their results spoilt on the way. */
export function spoilStages(
  { spoilHead, spoilCalibrator }: GateChallenger,
  seen: (name: string, state: unknown) => Promise<void> | void = () => {},
): WatchedStages {
  const times: Record<string, number> = {};
  const watched: Watched = (name, stage) => async (state) => {
    const begun = performance.now();
    let done = await stage(state);
    times[name] = Math.round(performance.now() - begun) / 1_000;
    if (name === 'fit' && spoilHead && hasHeads(done))
      done = { ...done, heads: { ...done.heads, full: spoilHead(done.heads.full) } };
    if (name === 'calibrate' && spoilCalibrator && hasCalibrators(done))
      done = { ...done, calibrators: { ...done.calibrators, full: spoilCalibrator(done.calibrators.full) } };
    await seen(name, done);
    return done;
  };
  const kept: StageTimes = times;
  return { times: kept, watched };
}

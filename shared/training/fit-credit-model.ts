// shared/training/fit-credit-model.ts: trains the monotone credit network by tfjs: members on different parts of the accounts, calibrated on the part each left out.
import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { CreditModel } from '../credit/credit-model.ts';
import {
  createNetworkRunner,
  type MonotoneNetwork,
  memberParts,
  type NetworkMember,
  risingParts,
  toMember,
} from '../credit/monotone-network.ts';
import { AppError } from '../errors.ts';
import { fitCalibrator } from '../head/calibrator.ts';
import type { CalibratorPoints } from '../registry/manifest.ts';
import type { TensorFlow } from './backend.ts';
import { type CreditRows, describeInputs, type Encoded, encodeAll, figureOf } from './credit-rows.ts';
import { shuffle } from './shuffle.ts';

export interface CreditFitOptions {
  readonly seed: number;
  readonly members?: number;
  readonly epochs?: number;
  readonly batchRows?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly hidden?: number;
  readonly joint?: number;
  /** Probability that an encoded free input, or a hidden unit, is zeroed in training. */
  readonly dropout?: number;
}

const defaults = {
  members: 5,
  epochs: 10,
  batchRows: 1024,
  learningRate: 4e-3,
  weightDecay: 0.05,
  hidden: 48,
  joint: 24,
  dropout: 0.15,
} as const;
type Settings = Required<CreditFitOptions>;
type Part = (typeof memberParts)[number];
type Generator = ReturnType<typeof xoroshiro128plus>;

export interface FittedCredit {
  readonly model: CreditModel;
  readonly calibrator: CalibratorPoints;
  readonly baseRate: number;
}

type Weights = Readonly<Record<Part, Variable>>;

function createWeights(
  tf: TensorFlow,
  widths: Encoded['widths'],
  settings: Settings,
  generator: Generator,
): Weights {
  const { hidden, joint } = settings;
  const random = (shape: [number, number], range: number, lowest = -1): Variable => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, () => {
      const unit = uniformFloat64(generator);
      return range * (lowest + (1 - lowest) * unit);
    });
    return tf.variable(tf.tensor2d(values, shape));
  };
  const zeros = (columns: number) => tf.variable(tf.zeros([1, columns]));
  return {
    freeWeights: random([widths.free, hidden], Math.sqrt(3 / widths.free)),
    freeBias: zeros(hidden),
    joinWeights: random([hidden, joint], Math.sqrt(3 / hidden)),
    risingWeights: random([widths.rising, joint], 2 / widths.rising, 0),
    joinBias: zeros(joint),
    outWeights: random([joint, 1], 1 / joint, 0),
    freeOut: random([hidden, 1], 0.3 / Math.sqrt(hidden)),
    risingOut: random([widths.rising, 1], 1 / widths.rising, 0),
    bias: zeros(1),
  };
}

/** Columns 0, 3, 6 … bent upwards, 1, 4, 7 … downwards, 2, 5, 8 … level at both ends: as `activate` does. */
function activateAll(tf: TensorFlow, value: Tensor, joint: number): Tensor {
  const chosen = (kind: number) =>
    tf.tensor2d(
      Float32Array.from({ length: joint }, (_, unit) => (unit % 3 === kind ? 1 : 0)),
      [1, joint],
    );
  const parts = [tf.relu(value), tf.minimum(value, 0), tf.clipByValue(value, -1, 1)];
  return tf.addN(parts.map((part, kind) => tf.mul(part, chosen(kind))));
}

interface Batch {
  readonly free: Tensor2D;
  readonly rising: Tensor2D;
  readonly labels: Tensor2D;
}

function lossOf(tf: TensorFlow, weights: Weights, batch: Batch, { seed, ...settings }: Settings) {
  const { dropout, joint } = settings;
  const drop = (value: Tensor, at: number): Tensor =>
    dropout > 0 ? tf.dropout(value, dropout, undefined, seed + at) : value;
  const hidden = drop(
    tf.relu(tf.add(tf.matMul(drop(batch.free, 1), weights.freeWeights), weights.freeBias)),
    2,
  );
  const joined = tf.addN([
    tf.matMul(hidden, weights.joinWeights),
    tf.matMul(batch.rising, weights.risingWeights),
  ]);
  const units = activateAll(tf, tf.add(joined, weights.joinBias), joint);
  const logit = tf.add(
    tf.addN([
      tf.matMul(units, weights.outWeights),
      tf.matMul(hidden, weights.freeOut),
      tf.matMul(batch.rising, weights.risingOut),
    ]),
    weights.bias,
  );
  return tf.mean(tf.sub(tf.softplus(logit), tf.mul(batch.labels, logit))).asScalar();
}

/** After each step: weights shrink, and those of the rising path that fell below 0 are put back to 0 (projected descent). */
function project(tf: TensorFlow, weights: Weights, shrink: number): void {
  tf.tidy(() => {
    weights.freeWeights.assign(tf.mul(weights.freeWeights, 1 - shrink));
    weights.joinWeights.assign(tf.mul(weights.joinWeights, 1 - shrink));
    for (const part of risingParts) weights[part].assign(tf.relu(weights[part]));
  });
}

function takeBatch(
  tf: TensorFlow,
  { free, rising, widths }: Encoded,
  labels: Uint8Array,
  picked: readonly number[],
): Batch {
  const gather = (from: Float32Array, width: number): Tensor2D => {
    const values = new Float32Array(picked.length * width);
    picked.forEach((row, at) => {
      values.set(from.subarray(row * width, (row + 1) * width), at * width);
    });
    return tf.tensor2d(values, [picked.length, width]);
  };
  const wanted = Float32Array.from(picked, (row) => labels[row] ?? 0);
  return {
    free: gather(free, widths.free),
    rising: gather(rising, widths.rising),
    labels: tf.tensor2d(wanted, [picked.length, 1]),
  };
}

async function fitMember(
  tf: TensorFlow,
  encoded: Encoded,
  { labels, rows, settings }: { labels: Uint8Array; rows: readonly number[]; settings: Settings },
): Promise<NetworkMember> {
  const generator = xoroshiro128plus(settings.seed);
  const weights = createWeights(tf, encoded.widths, settings, generator);
  const defaultsSeen = rows.reduce((sum, row) => sum + (labels[row] ?? 0), 0.5);
  weights.bias.assign(tf.tensor2d([Math.log(defaultsSeen / (rows.length - defaultsSeen))], [1, 1]));
  const optimizer = tf.train.adam(settings.learningRate);
  const trained = memberParts.map((part) => weights[part]);
  const order = [...rows];
  const perEpoch = Math.ceil(rows.length / settings.batchRows);
  const steps = perEpoch * settings.epochs;
  for (let step = 0; step < steps; step++) {
    const start = (step % perEpoch) * settings.batchRows;
    if (start === 0) shuffle(order, generator);
    const rate = settings.learningRate * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    // tfjs's Adam reads its rate at every step, but declares the field protected.
    Object.assign(optimizer, { learningRate: rate });
    const batch = takeBatch(tf, encoded, labels, order.slice(start, start + settings.batchRows));
    optimizer.minimize(
      () => lossOf(tf, weights, batch, { ...settings, seed: settings.seed * 100_003 + step * 3 }),
      false,
      trained,
    );
    project(tf, weights, rate * settings.weightDecay);
    tf.dispose([batch.free, batch.rising, batch.labels]);
  }
  const read = await Promise.all(trained.map(async (variable) => Float32Array.from(await variable.data())));
  tf.dispose(trained);
  optimizer.dispose();
  if (read.some((values) => values.some((value) => !Number.isFinite(value)))) {
    throw new AppError('FRAUD_TRAINING_DIVERGED', { detail: 'Weights of the credit model.' });
  }
  return toMember((part) => read[memberParts.indexOf(part)] ?? new Float32Array());
}

function referenceApplicant({ inputs, rows, labels }: CreditRows): Float32Array {
  const paid = rows.filter((_, index) => labels[index] === 0);
  return Float32Array.from(inputs, (name, column) => {
    if (figureOf.get(name)?.risingKnots) return 0;
    const values = Float64Array.from(paid, (row) => row[column] ?? 0).sort();
    return values[values.length >> 1] ?? 0;
  });
}

/** Fits model and calibrator. Seeded; member m leaves out every account whose shuffled place modulo the members is m. */
export async function fitCreditModel(
  tf: TensorFlow,
  data: CreditRows,
  options: CreditFitOptions,
): Promise<FittedCredit> {
  const settings = { ...defaults, ...options };
  const { labels } = data;
  const inputs = describeInputs(data);
  const encoded = encodeAll(inputs, data.rows);
  const places = Array.from(data.rows.keys());
  shuffle(places, xoroshiro128plus(settings.seed + 17));
  const members: NetworkMember[] = [];
  const rawScores = new Float64Array(labels.length);
  for (let part = 0; part < settings.members; part++) {
    const isLeftOut = (place: number) => settings.members > 1 && place % settings.members === part;
    const rows = places.filter((_, place) => !isLeftOut(place));
    const seed = settings.seed * 1000 + part + 1;
    const member = await fitMember(tf, encoded, { labels, rows, settings: { ...settings, seed } });
    members.push(member);
    const run = createNetworkRunner({ inputs, members: [member] });
    places.forEach((row, place) => {
      const values = data.rows[row];
      if (values && (settings.members === 1 || isLeftOut(place))) rawScores[row] = run(values);
    });
  }
  const network: MonotoneNetwork = { inputs, members };
  const defaultCount = labels.reduce((sum, label) => sum + label, 0);
  return {
    model: { network, reference: referenceApplicant(data) },
    calibrator: fitCalibrator({ rawScores, labels }),
    baseRate: defaultCount / labels.length,
  };
}

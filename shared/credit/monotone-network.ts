// shared/credit/monotone-network.ts: a small ensemble of networks that cannot fall when a rising input rises: weights ≥ 0 on that whole path.

/** One input of the model. Rising ones are only cut into pieces, free ones standardised too. */
export interface NetworkInput {
  readonly name: string;
  readonly isRising: boolean;
  readonly mean: number;
  readonly scale: number;
  /** Ascending; each piece between two of them is one encoded value that grows from 0 to 1. Empty: none. */
  readonly knots: readonly number[];
}

/** F free and R rising encoded values, H hidden units of the free part, U of the joint part. Matrices row-major. */
export interface NetworkMember {
  readonly freeWeights: Float32Array; // (F, H)
  readonly freeBias: Float32Array; // (H)
  readonly joinWeights: Float32Array; // (H, U)
  readonly risingWeights: Float32Array; // (R, U), ≥ 0
  readonly joinBias: Float32Array; // (U)
  readonly outWeights: Float32Array; // (U), ≥ 0
  readonly freeOut: Float32Array; // (H)
  readonly risingOut: Float32Array; // (R), ≥ 0
  readonly bias: Float32Array; // (1)
}
export const memberParts = [
  'freeWeights',
  'freeBias',
  'joinWeights',
  'risingWeights',
  'joinBias',
  'outWeights',
  'freeOut',
  'risingOut',
  'bias',
] as const satisfies (keyof NetworkMember)[];
/** Parts that must have no negative value: what makes the model monotone. */
export const risingParts = [
  'risingWeights',
  'outWeights',
  'risingOut',
] as const satisfies (keyof NetworkMember)[];

/** A member from its parts by name. */
export const toMember = (read: (part: (typeof memberParts)[number]) => Float32Array): NetworkMember => ({
  freeWeights: read('freeWeights'),
  freeBias: read('freeBias'),
  joinWeights: read('joinWeights'),
  risingWeights: read('risingWeights'),
  joinBias: read('joinBias'),
  outWeights: read('outWeights'),
  freeOut: read('freeOut'),
  risingOut: read('risingOut'),
  bias: read('bias'),
});

export interface MonotoneNetwork {
  readonly inputs: readonly NetworkInput[];
  readonly members: readonly NetworkMember[];
}

/** Standardised values are clipped here: a single wild figure cannot decide alone. */
const FREE_LIMIT = 5;
const pieceCount = ({ knots }: NetworkInput): number => Math.max(0, knots.length - 1);

/** Widths of the two encoded parts. */
export function encodedWidths(inputs: readonly NetworkInput[]): { free: number; rising: number } {
  let free = 0;
  let rising = 0;
  for (const input of inputs) {
    if (input.isRising) rising += pieceCount(input);
    else free += 1 + pieceCount(input);
  }
  return { free, rising };
}

function writePieces(knots: readonly number[], value: number, into: Float32Array, at: number): number {
  for (let piece = 0; piece + 1 < knots.length; piece++) {
    const from = knots[piece] ?? 0;
    const share = (value - from) / ((knots[piece + 1] ?? 1) - from);
    into[at + piece] = Math.max(0, Math.min(1, share));
  }
  return at + Math.max(0, knots.length - 1);
}

/** Writes one row of raw inputs as the two encoded parts. */
export function encodeRow(
  inputs: readonly NetworkInput[],
  row: Float32Array,
  into: { readonly free: Float32Array; readonly rising: Float32Array },
): void {
  let free = 0;
  let rising = 0;
  for (let index = 0; index < inputs.length; index++) {
    const input = inputs[index];
    if (!input) continue;
    const value = row[index] ?? 0;
    if (input.isRising) {
      rising = writePieces(input.knots, value, into.rising, rising);
      continue;
    }
    const standardised = (value - input.mean) / input.scale;
    into.free[free] = Math.max(-FREE_LIMIT, Math.min(FREE_LIMIT, standardised));
    free = writePieces(input.knots, value, into.free, free + 1);
  }
}

/** Adds `input` (I) · `weights` (I, O) to `output` (O). */
function addProduct(input: Float32Array, weights: Float32Array, output: Float64Array): void {
  const width = output.length;
  for (let row = 0; row < input.length; row++) {
    const value = input[row] ?? 0;
    if (value === 0) continue;
    for (let column = 0; column < width; column++) {
      output[column] = (output[column] ?? 0) + value * (weights[row * width + column] ?? 0);
    }
  }
}

/**
 * Three kinds of unit in turn: bent upwards, bent downwards, level at both ends. Together they can follow any rising curve
 * (Runje and Shankaranarayana, Constrained Monotonic Neural Networks, 2023); each only ever rises.
 */
export function activate(value: number, unit: number): number {
  if (unit % 3 === 0) return Math.max(0, value);
  return unit % 3 === 1 ? Math.min(0, value) : Math.max(-1, Math.min(1, value));
}

function runMember(member: NetworkMember, free: Float32Array, rising: Float32Array): number {
  const hidden = Float64Array.from(member.freeBias);
  addProduct(free, member.freeWeights, hidden);
  const rectified = Float32Array.from(hidden, (value) => Math.max(0, value));
  const joint = Float64Array.from(member.joinBias);
  addProduct(rectified, member.joinWeights, joint);
  addProduct(rising, member.risingWeights, joint);
  const logit = Float64Array.of(member.bias[0] ?? 0);
  addProduct(rectified, member.freeOut, logit);
  addProduct(rising, member.risingOut, logit);
  const units = Float32Array.from(joint, activate);
  addProduct(units, member.outWeights, logit);
  return logit[0] ?? 0;
}

/** Mean logit of the members. Rounding keeps order too: every sum and product on the rising path is monotone in floats. */
export function createNetworkRunner(network: MonotoneNetwork): (row: Float32Array) => number {
  const widths = encodedWidths(network.inputs);
  const encoded = { free: new Float32Array(widths.free), rising: new Float32Array(widths.rising) };
  return (row) => {
    encodeRow(network.inputs, row, encoded);
    let sum = 0;
    for (const member of network.members) sum += runMember(member, encoded.free, encoded.rising);
    return sum / network.members.length;
  };
}

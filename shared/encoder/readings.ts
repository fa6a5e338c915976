// shared/encoder/readings.ts: outputs of one encoder pass → readings: embedding, forecasts, surprises and their means, with names.
import { surpriseFields } from '../domain/decision.ts';
import { AppError } from '../errors.ts';
import {
  AMOUNT_BIN_WIDTH,
  AMOUNT_BINS,
  AMOUNT_FIRST_EDGE,
  HOUR_BINS,
  type PopulationReference,
} from '../features/population-reference.ts';
import { type EncoderInputs, SURPRISE_POSITIONS } from './channels.ts';
import { TARGET_COUNT } from './targets.ts';

/** What the state after x expects of the next event, in the order they are written. */
export const forecastNames = [
  'forecast-log-p-above-q95', // ln P(next amount above the population's .95 quantile); ≤ 0
  'forecast-log-p-above-q99',
  'forecast-mean-log-amount', // expected ln(amount over the currency's median)
  'forecast-amount-divergence', // KL(forecast ‖ population) in nats; ≥ 0
  'forecast-hour-divergence',
] as const;

/** Share that one event further back has in the exponential mean of each field, and the three of the total. */
const FIELD_DECAY = 0.7;
const TOTAL_DECAYS = [0.5, 0.7, 0.9] as const;

const surpriseNames = surpriseFields.map((field) => `surprise-${field}`);
const meanNames = [
  ...surpriseFields.map((field) => `surprise-mean-${field}`),
  ...TOTAL_DECAYS.map((decay) => `surprise-mean-total-${decay}`),
];

/** Names of the readings of an encoder of this width, in order. */
export function readingNames(config: { readonly width: number }): string[] {
  const embedding = Array.from({ length: config.width }, (_, index) => `embedding-${index}`);
  return [...embedding, ...forecastNames, ...surpriseNames, ...meanNames];
}

/** Where each family begins in the readings, and how many there are. */
export function readingLayout(config: { readonly width: number }) {
  const forecasts = config.width;
  const surprises = forecasts + forecastNames.length;
  const surpriseMeans = surprises + surpriseNames.length;
  return { embedding: 0, forecasts, surprises, surpriseMeans, count: surpriseMeans + meanNames.length };
}

/** Outputs of one pass over B rows, as the ONNX graph gives them, beside the targets they were compared with. */
export interface EncoderOutputs {
  /** H */
  readonly width: number;
  readonly embedding: Float32Array; // (B, H)
  readonly forecastAmount: Float32Array; // (B, AMOUNT_BINS), log-probabilities
  readonly forecastHour: Float32Array; // (B, HOUR_BINS), log-probabilities
  readonly surprise: Float32Array; // (B, SURPRISE_POSITIONS, TARGET_COUNT), bits, 0 where missing
  readonly targets: Int32Array; // (B, SURPRISE_POSITIONS, TARGET_COUNT), NO_TARGET where missing
}

/** Smallest probability a reading can tell: keeps logarithms finite. */
const LEAST_PROBABILITY = 1e-9;
/** Centre of each bin in ln(amount over median); the open ends count as one more bin. */
const binCentres = Float32Array.from(
  { length: AMOUNT_BINS },
  (_, bin) => AMOUNT_FIRST_EDGE + (bin - 0.5) * AMOUNT_BIN_WIDTH,
);

/** P(bin lies above `threshold`): bins above it whole, the bin around it by its share, the last (open) bin always whole. */
function probabilityAbove(probabilities: Float64Array, threshold: number): number {
  const exact = (threshold - AMOUNT_FIRST_EDGE) / AMOUNT_BIN_WIDTH + 1;
  const bin = Math.max(0, Math.min(AMOUNT_BINS - 1, Math.floor(exact)));
  const share = bin === AMOUNT_BINS - 1 ? 1 : Math.max(0, Math.min(1, bin + 1 - exact));
  let sum = share * (probabilities[bin] ?? 0);
  for (let above = bin + 1; above < AMOUNT_BINS; above++) sum += probabilities[above] ?? 0;
  return sum;
}

const amountProbabilities = new Float64Array(AMOUNT_BINS);

function writeForecasts(
  outputs: EncoderOutputs,
  row: number,
  reference: PopulationReference,
  into: Float32Array,
): void {
  const { amount } = reference;
  let mean = 0;
  let amountDivergence = 0;
  for (let bin = 0; bin < AMOUNT_BINS; bin++) {
    const logProbability = outputs.forecastAmount[row * AMOUNT_BINS + bin] ?? 0;
    const probability = Math.exp(logProbability);
    amountProbabilities[bin] = probability;
    mean += probability * (binCentres[bin] ?? 0);
    amountDivergence += probability * (logProbability - (amount.binLogProbabilities[bin] ?? 0));
  }
  let hourDivergence = 0;
  for (let hour = 0; hour < HOUR_BINS; hour++) {
    const logProbability = outputs.forecastHour[row * HOUR_BINS + hour] ?? 0;
    hourDivergence +=
      Math.exp(logProbability) * (logProbability - (reference.hourLogProbabilities[hour] ?? 0));
  }
  into[0] = Math.log(probabilityAbove(amountProbabilities, amount.quantile95) + LEAST_PROBABILITY);
  into[1] = Math.log(probabilityAbove(amountProbabilities, amount.quantile99) + LEAST_PROBABILITY);
  into[2] = mean;
  into[3] = amountDivergence;
  into[4] = hourDivergence;
}

/** `decayPowers[k][back]` = decay ** back. */
const decayPowers = [FIELD_DECAY, ...TOTAL_DECAYS].map((decay) =>
  Float64Array.from({ length: SURPRISE_POSITIONS }, (_, back) => decay ** back),
);

/**
 * Exponential mean, over the last events of the row, of one field (or of all, added up). Missing targets have no part in
 * it; 0 when there is none.
 */
function surpriseMean(
  outputs: EncoderOutputs,
  row: number,
  fields: { readonly from: number; readonly to: number },
  powers: Float64Array,
): number {
  let sum = 0;
  let weight = 0;
  for (let back = 0; back < SURPRISE_POSITIONS; back++) {
    const event = ((row + 1) * SURPRISE_POSITIONS - 1 - back) * TARGET_COUNT;
    let bits = 0;
    let isKnown = false;
    for (let at = event + fields.from; at < event + fields.to; at++) {
      if ((outputs.targets[at] ?? -1) < 0) continue;
      bits += outputs.surprise[at] ?? 0;
      isKnown = true;
    }
    if (!isKnown) continue;
    sum += (powers[back] ?? 0) * bits;
    weight += powers[back] ?? 0;
  }
  return weight > 0 ? sum / weight : 0;
}

const allFields = { from: 0, to: TARGET_COUNT };
const eachField = Array.from({ length: TARGET_COUNT }, (_, field) => ({ from: field, to: field + 1 }));

function writeSurprises(outputs: EncoderOutputs, row: number, into: Float32Array, at: number): void {
  const last = ((row + 1) * SURPRISE_POSITIONS - 1) * TARGET_COUNT;
  const [fieldPowers = new Float64Array(SURPRISE_POSITIONS), ...totalPowers] = decayPowers;
  let to = at;
  for (let field = 0; field < TARGET_COUNT; field++) into[to++] = outputs.surprise[last + field] ?? 0;
  for (const field of eachField) into[to++] = surpriseMean(outputs, row, field, fieldPowers);
  for (const powers of totalPowers) into[to++] = surpriseMean(outputs, row, allFields, powers);
}

/** Writes the readings of row `row`, in the order of `readingNames`, to `into` from `at` on. */
export function writeReadings(
  outputs: EncoderOutputs,
  row: number,
  reference: PopulationReference,
  { into, at }: { readonly into: Float32Array; readonly at: number },
): void {
  const { width } = outputs;
  const { forecasts, surprises } = readingLayout({ width });
  into.set(outputs.embedding.subarray(row * width, (row + 1) * width), at);
  writeForecasts(outputs, row, reference, into.subarray(at + forecasts, at + surprises));
  writeSurprises(outputs, row, into, at + surprises);
}

/** Readings of row `row`, in the order of `readingNames`. */
export function toReadings(
  outputs: EncoderOutputs,
  row: number,
  reference: PopulationReference,
): Float32Array {
  const into = new Float32Array(readingLayout(outputs).count);
  writeReadings(outputs, row, reference, { into, at: 0 });
  return into;
}

/**
 * Results of an ONNX Runtime session, by output name, beside the targets that were its input.
 * @throws AppError FRAUD_MODEL_INVALID when an output is missing or no float32 tensor
 */
export function toEncoderOutputs(
  results: Readonly<Record<string, { readonly data: unknown }>>,
  inputs: Pick<EncoderInputs, 'rows' | 'targets'>,
): EncoderOutputs {
  const read = (name: string): Float32Array => {
    const values = results[name]?.data;
    if (values instanceof Float32Array) return values;
    throw new AppError('FRAUD_MODEL_INVALID', {
      field: name,
      detail: 'Expected a float32 output of this name.',
    });
  };
  const embedding = read('embedding');
  return {
    width: embedding.length / inputs.rows,
    embedding,
    forecastAmount: read('forecast_amount'),
    forecastHour: read('forecast_hour'),
    surprise: read('surprise'),
    targets: inputs.targets,
  };
}

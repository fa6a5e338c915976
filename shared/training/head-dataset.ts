// shared/training/head-dataset.ts: replayed contexts → encoded rows for fitting and judging heads, with thinned genuine rows and their weights.
import { isDecided } from '../domain/transaction.ts';
import type { Encoder } from '../encoder/encoder.ts';
import type { FeatureSettings } from '../features/feature-settings.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { createReplay, type OutcomeLine, type ReplayedContext } from '../features/replay-into-memory.ts';
import type { HeadRows } from '../head/fit-head.ts';
import { fullHeadInputs, writeHeadInput } from '../head/head-inputs.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import type { SimulatedTransaction } from '../simulation/simulated-record.ts';

/** Rows of several portfolios, in order of addition. Each genuine row stands for `weights` transactions. */
export interface HeadDataset extends HeadRows {
  readonly weights: Float32Array;
  /** Event time, ms. */
  readonly times: Float64Array;
  /** Card of each row, numbered over all portfolios. */
  readonly cards: Uint32Array;
  readonly typologies: readonly (string | undefined)[];
}

/** A growing dataset. */
export interface DatasetBuilder {
  /** Replays one portfolio, encodes the rows that are kept, adds them. Resolves to the number of transactions replayed. */
  addPortfolio(source: PortfolioSource): Promise<number>;
  build(): HeadDataset;
}

export interface PortfolioSource {
  readonly stream: Iterable<SimulatedTransaction | OutcomeLine>;
  readonly reference: PopulationReference;
  /** Rows before this instant only fill histories, ms. */
  readonly rowsFromMs: number;
  /** One genuine transaction in this many is kept. */
  readonly genuineEvery: number;
  readonly onTransaction?: () => void;
}

export interface DatasetOptions {
  readonly encoder: Encoder;
  readonly config: { readonly width: number };
  readonly settings: FeatureSettings;
}

type Line = ReplayedContext<SimulatedTransaction>;

interface Columns {
  readonly values: Float32Array[];
  readonly labels: number[];
  readonly weights: number[];
  readonly times: number[];
  readonly cards: number[];
  readonly typologies: (string | undefined)[];
}

/** Rows encoded in one call: enough to keep all workers busy, few enough to hold in memory. */
const CHUNK_ROWS = 512;

export function createDatasetBuilder({ encoder, config, settings }: DatasetOptions): DatasetBuilder {
  const inputs = fullHeadInputs(config);
  const columns: Columns = { values: [], labels: [], weights: [], times: [], cards: [], typologies: [] };
  const cardNumbers = new Map<string, number>();

  const numberOf = (key: string): number => {
    const known = cardNumbers.get(key) ?? cardNumbers.size;
    cardNumbers.set(key, known);
    return known;
  };

  async function encode(lines: readonly Line[], genuineEvery: number): Promise<void> {
    const encoded = await encoder.encodeMany(lines.map(({ context }) => context));
    lines.forEach(({ context, timeMs, line }, index) => {
      const isFraud = line.truth.label === 'fraud';
      const values = new Float32Array(inputs.length);
      writeHeadInput({ readings: encoded[index]?.readings, ...context }, values);
      columns.values.push(values);
      columns.labels.push(isFraud ? 1 : 0);
      columns.weights.push(isFraud ? 1 : genuineEvery);
      columns.times.push(timeMs);
      columns.cards.push(numberOf(`${context.portfolioId}|${line.transaction.cardToken}`));
      columns.typologies.push(line.truth.typology);
    });
  }

  return {
    addPortfolio: async ({ stream, reference, rowsFromMs, genuineEvery, onTransaction }) => {
      let pending: Line[] = [];
      let transactions = 0;
      const replay = createReplay({ referenceOf: () => reference, settings });
      for (const line of stream) {
        if (line.kind === 'outcome') {
          replay.mark(line.outcome);
          continue;
        }
        transactions++;
        onTransaction?.();
        if (!isWanted(line, rowsFromMs, genuineEvery)) {
          replay.append(line.transaction);
          continue;
        }
        pending.push({ ...replay.push(line.transaction), line });
        if (pending.length < CHUNK_ROWS) continue;
        await encode(pending, genuineEvery);
        pending = [];
      }
      if (pending.length > 0) await encode(pending, genuineEvery);
      return transactions;
    },
    build: () => ({
      inputs,
      values: join(columns.values, inputs.length),
      labels: Uint8Array.from(columns.labels),
      weights: Float32Array.from(columns.weights),
      times: Float64Array.from(columns.times),
      cards: Uint32Array.from(columns.cards),
      typologies: columns.typologies,
    }),
  };
}

/** All frauds; of the genuine, those whose id hashes into one of `genuineEvery` parts: the same ones on every run. */
function isWanted(
  { transaction, truth }: SimulatedTransaction,
  fromMs: number,
  genuineEvery: number,
): boolean {
  if (!isDecided(transaction) || Date.parse(transaction.eventTime) < fromMs) return false;
  return truth.label === 'fraud' || hashTransactionId(transaction.transactionId).idLow % genuineEvery === 0;
}

function join(rows: readonly Float32Array[], width: number): Float32Array {
  const joined = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    joined.set(row, index * width);
  });
  return joined;
}

/** The rows whose index passes. */
export function selectRows(dataset: HeadDataset, isWantedRow: (row: number) => boolean): HeadDataset {
  const kept = Array.from(dataset.labels.keys()).filter(isWantedRow);
  const width = dataset.inputs.length;
  return {
    inputs: dataset.inputs,
    values: join(
      kept.map((row) => dataset.values.subarray(row * width, (row + 1) * width)),
      width,
    ),
    labels: Uint8Array.from(kept, (row) => dataset.labels[row] ?? 0),
    weights: Float32Array.from(kept, (row) => dataset.weights[row] ?? 1),
    times: Float64Array.from(kept, (row) => dataset.times[row] ?? 0),
    cards: Uint32Array.from(kept, (row) => dataset.cards[row] ?? 0),
    typologies: kept.map((row) => dataset.typologies[row]),
  };
}

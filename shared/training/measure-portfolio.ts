// shared/training/measure-portfolio.ts: past unlabelled traffic of one portfolio → its population reference, tail tables included.
import { isDecided, type Transaction } from '../domain/transaction.ts';
import type { EncodedRow, Encoder } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';
import { createReferenceBuilder } from '../features/build-reference.ts';
import type { FeatureSettings } from '../features/feature-settings.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { createReplay, type ReplayedTransaction } from '../features/replay-into-memory.ts';
import { fillTails } from '../head/day-zero.ts';
import { listStatistics, readStatistic } from '../head/statistics.ts';

export interface MeasureOptions {
  readonly portfolioId: string;
  /** Tells the traffic in event-time order, anew on each call: it is read twice. Chunks, so that reading stays fast. */
  readonly tell: () => AsyncIterable<readonly Transaction[]>;
  /** Starts an encoder that reads amounts against this reference. Closed when done. */
  readonly startEncoder: (reference: PopulationReference) => Promise<Encoder>;
  readonly config: { readonly width: number };
  readonly settings: FeatureSettings;
  /** Decided transactions that go through the encoder, at most about this many, evenly spread. */
  readonly sampleRows: number;
  readonly onProgress?: (stage: 'amounts' | 'tails', transactions: number) => void;
}

/** The first share of the traffic fills histories and is not sampled: a card without a past is not what is usual. */
const WARM_UP_SHARE = 0.2;
const CHUNK_ROWS = 512;

/**
 * Currency medians, distributions and card level from all of the traffic; tails from an encoded sample. No label is looked at.
 * @throws AppError FRAUD_INPUT_INVALID when there is no decided transaction
 */
export async function measurePortfolio(options: MeasureOptions): Promise<PopulationReference> {
  const builder = createReferenceBuilder(options.portfolioId);
  let decided = 0;
  let told = 0;
  for await (const transactions of options.tell()) {
    for (const transaction of transactions) {
      builder.add(transaction);
      if (isDecided(transaction)) decided++;
    }
    told += transactions.length;
    options.onProgress?.('amounts', told);
  }
  if (decided === 0)
    throw new AppError('FRAUD_INPUT_INVALID', { detail: 'There is no transaction to decide.' });
  const reference = builder.build();
  const encoder = await options.startEncoder(reference);
  try {
    const columns = await sampleStatistics(options, { reference, encoder, decided });
    return fillTails(reference, listStatistics(options.config), columns);
  } finally {
    await encoder.close();
  }
}

interface SampleParts {
  readonly reference: PopulationReference;
  readonly encoder: Encoder;
  readonly decided: number;
}

/** Values of each statistic over the sampled rows. */
async function sampleStatistics(
  { tell, config, settings, sampleRows, onProgress }: MeasureOptions,
  { reference, encoder, decided }: SampleParts,
): Promise<Float32Array[]> {
  const statistics = listStatistics(config);
  const values: number[][] = statistics.map(() => []);
  const replay = createReplay({ referenceOf: () => reference, settings });
  const warmUp = decided * WARM_UP_SHARE;
  const every = Math.max(1, Math.floor((decided - warmUp) / sampleRows));
  let [seen, told] = [0, 0];
  let pending: ReplayedTransaction[] = [];
  const take = async (): Promise<void> => {
    const encoded = await encoder.encodeMany(
      pending.map(({ context }) => ({ ...context, features: NO_FEATURES })),
    );
    for (const [row, { context }] of pending.entries()) addRow(encoded[row], context.features);
    pending = [];
  };
  const addRow = (encoded: EncodedRow | undefined, features: Float32Array): void => {
    statistics.forEach((statistic, index) => {
      values[index]?.push(readStatistic(statistic, { readings: encoded?.readings, features }));
    });
  };
  for await (const transactions of tell()) {
    for (const transaction of transactions) {
      if (!isDecided(transaction) || seen++ < warmUp || seen % every !== 0) {
        replay.append(transaction);
        continue;
      }
      pending.push(replay.push(transaction));
      if (pending.length >= CHUNK_ROWS) await take();
    }
    told += transactions.length;
    onProgress?.('tails', told);
  }
  if (pending.length > 0) await take();
  return values.map((column) => Float32Array.from(column));
}

const NO_FEATURES = new Float32Array(0);

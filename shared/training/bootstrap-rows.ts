// shared/training/bootstrap-rows.ts: bootstrap portfolios → encoded rows in three windows, tail tables and day-zero scores from them.
import { createOnnxEncoder, type OnnxEncoder } from '../encoder/onnx-encoder.ts';
import { readingLayout } from '../encoder/readings.ts';
import { defaultFeatureSettings } from '../features/feature-settings.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { createJoinRule, fillTails } from '../head/day-zero.ts';
import { createRarity, listStatistics, readStatistic, type StatisticSource } from '../head/statistics.ts';
import type { BootstrapOptions, PretrainedEncoder } from './bootstrap.ts';
import {
  type BootstrapPortfolio,
  type BootstrapSizes,
  createHeldOutPortfolios,
  createTrainingPortfolios,
  DAY_MS,
  measureReference,
} from './bootstrap-portfolios.ts';
import { createDatasetBuilder, type HeadDataset, selectRows } from './head-dataset.ts';

/** Three windows: the earlier and the later days of the training portfolios, and portfolios never trained on. */
export interface BootstrapRows {
  readonly training: HeadDataset;
  readonly calibration: HeadDataset;
  readonly heldOut: HeadDataset;
}

export interface CollectedRows {
  readonly rows: BootstrapRows;
  /** The mixed reference, `*`; tails still empty. */
  readonly mixed: PopulationReference;
  readonly transactions: number;
}

/** Replays and encodes every portfolio. Half of them under the mixed reference, half under their own: a head must live with both. */
export async function collectRows(options: BootstrapOptions): Promise<CollectedRows> {
  const { encoder, sizes, onProgress } = options;
  const training = createTrainingPortfolios(sizes);
  const heldOut = createHeldOutPortfolios(sizes);
  const mixed = measureReference('*', training, sizes.warmUpDays);
  const references: Record<string, PopulationReference> = { '*': mixed };
  for (const portfolio of [...training, ...heldOut].filter((_, index) => index % 2 === 1)) {
    references[portfolio.portfolioId] = measureReference(
      portfolio.portfolioId,
      [portfolio],
      sizes.warmUpDays,
    );
  }
  const session = await startEncoder(encoder, references);
  try {
    let done = 0;
    const collect = async (portfolios: readonly BootstrapPortfolio[]) => {
      const collected = await collectPortfolios({ portfolios, session, sizes, references, encoder });
      done += portfolios.length;
      onProgress?.('rows', done / (training.length + heldOut.length));
      return collected;
    };
    const first = await collect(training);
    const second = await collect(heldOut);
    const calibrationFromMs = (training[0]?.startMs ?? 0) + (sizes.days - sizes.calibrationDays) * DAY_MS;
    const isEarly = (row: number) => (first.dataset.times[row] ?? 0) < calibrationFromMs;
    const rows = {
      training: selectRows(first.dataset, isEarly),
      calibration: selectRows(first.dataset, (row) => !isEarly(row)),
      heldOut: second.dataset,
    };
    return { rows, mixed, transactions: first.transactions + second.transactions };
  } finally {
    await session.close();
  }
}

function startEncoder(
  encoder: PretrainedEncoder,
  references: Readonly<Record<string, PopulationReference>>,
): Promise<OnnxEncoder> {
  const { model, encoderVersion, config } = encoder;
  return createOnnxEncoder({ encoderModel: model, encoderVersion, config, heads: [], references });
}

interface CollectOptions {
  readonly portfolios: readonly BootstrapPortfolio[];
  readonly session: OnnxEncoder;
  readonly sizes: BootstrapSizes;
  readonly references: Readonly<Record<string, PopulationReference>>;
  readonly encoder: PretrainedEncoder;
}

async function collectPortfolios(
  options: CollectOptions,
): Promise<{ readonly dataset: HeadDataset; readonly transactions: number }> {
  const { session, sizes, references, encoder } = options;
  const builder = createDatasetBuilder({
    encoder: session,
    config: encoder.config,
    settings: defaultFeatureSettings,
  });
  let transactions = 0;
  for (const portfolio of options.portfolios) {
    const reference = references[portfolio.portfolioId] ?? references['*'];
    if (!reference) continue;
    transactions += await builder.addPortfolio({
      stream: portfolio.stream(),
      reference,
      rowsFromMs: portfolio.startMs + sizes.coldDays * DAY_MS,
      genuineEvery: sizes.genuineEvery,
    });
  }
  return { dataset: builder.build(), transactions };
}

/** Readings and features of one row, as views of its values. */
function sourceOf(dataset: HeadDataset, row: number, readingCount: number): StatisticSource {
  const width = dataset.inputs.length;
  const values = dataset.values.subarray(row * width, (row + 1) * width);
  return { readings: values.subarray(0, readingCount), features: values.subarray(readingCount) };
}

/**
 * Tail tables of the mixed reference. Frauds were not thinned, so only as many of them are taken as an even sample holds: labels
 * serve to undo our own thinning, and nothing else.
 */
export function fillMixedTails(
  mixed: PopulationReference,
  dataset: HeadDataset,
  config: { readonly width: number },
): PopulationReference {
  const { count } = readingLayout(config);
  const statistics = listStatistics(config);
  const every = dataset.weights.reduce((most, weight) => Math.max(most, weight), 1);
  let frauds = 0;
  const sampled = Array.from(dataset.labels.keys()).filter(
    (row) => dataset.labels[row] === 0 || frauds++ % every === 0,
  );
  const columns = statistics.map((statistic) =>
    Float32Array.from(sampled, (row) => readStatistic(statistic, sourceOf(dataset, row, count))),
  );
  return fillTails(mixed, statistics, columns);
}

/** Label-free score of every row, in bits. */
export function scoreDayZero(
  dataset: HeadDataset,
  reference: PopulationReference,
  config: { readonly width: number },
): Float64Array {
  const { count } = readingLayout(config);
  const rarity = createRarity(listStatistics(config), reference);
  const join = createJoinRule(rarity.statistics);
  return Float64Array.from({ length: dataset.labels.length }, (_, row) =>
    join(rarity.measure(sourceOf(dataset, row, count)), reference),
  );
}

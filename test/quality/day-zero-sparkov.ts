// test/quality/day-zero-sparkov.ts: Sparkov without a single label, at three prevalences of fraud in the unlabelled stream: the product's label-free rule beside its parts.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { defaultFeatureSettings } from '../../shared/features/feature-settings.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { featureNames } from '../../shared/features/velocity.ts';
import { fillTails } from '../../shared/head/day-zero.ts';
import { listStatistics, readStatistic, type StatisticSource } from '../../shared/head/statistics.ts';
import { WINDOW } from '../../shared/sequence/packed-event.ts';
import { measurePortfolio } from '../../shared/training/measure-portfolio.ts';
import {
  keptReference,
  measureRarity,
  type RarityRows,
  scoreByProduct,
  signalOf,
  tellScores,
} from './day-zero-rows.ts';
import { writeNpy } from './npy.ts';
import { askQualityData, say } from './say.ts';
import { type PreparedEncoder, prepareCleaned, prepareEncoder } from './sparkov-encoders.ts';
import { type Readings, readRows } from './sparkov-readings.ts';
import { openSparkovStore, type SparkovStore, sparkovCache, thinTest } from './sparkov-store.ts';
import { keptCards, type Prevalence, prevalences, tellUnlabelled } from './sparkov-streams.ts';

const goals = { '1.41%': '.93', '0.19%': '.90', '0.02%': '.90' } as const;
const SAMPLE_ROWS = 30_000;
const parts = [
  'forecast-log-p-above-q95',
  'forecast-log-p-above-q99',
  'surprise-mean-total-0.9',
  'surprise-mean-amount',
  'feature-amountLog',
  'feature-levelZ',
  'feature-burstCountLong',
];
/** What is usual before the cut, tails included, as the product measures it. */
function measureTails(
  file: string,
  { name, config, weights }: PreparedEncoder,
  prevalence: Prevalence,
): Promise<PopulationReference> {
  return keptReference(join(sparkovCache(), `tails-${name}.json`), () =>
    measurePortfolio({
      portfolioId: 'sparkov',
      tell: () => tellUnlabelled(file, prevalence),
      startEncoder: (of) =>
        createOnnxEncoder({
          encoderModel: toOnnxModel(config, weights),
          encoderVersion: name,
          config,
          heads: [],
          references: { '*': of },
        }),
      config,
      settings: defaultFeatureSettings,
      sampleRows: SAMPLE_ROWS,
    }),
  );
}

function sourcesOf(store: SparkovStore, { values, names }: Readings, rows: Int32Array): StatisticSource[] {
  return Array.from(rows, (row) => ({
    readings: values.subarray(row * names.length, (row + 1) * names.length),
    features: store.features.subarray(row * featureNames.length, (row + 1) * featureNames.length),
  }));
}

/**
 * The same tables from about `wanted` rows that the store holds, much cheaper. Rows that this prevalence leaves out, and those whose
 * window would hold one, are passed over.
 */
async function sampleTails(
  store: SparkovStore,
  encoder: PreparedEncoder,
  prevalence: Prevalence,
  wanted: number,
): Promise<PopulationReference> {
  const kept = keptCards(prevalence);
  const usable = [...store.rowsOfCard].flatMap(([card, rows]) => {
    let clean = 0;
    return rows.filter((row) => {
      clean = store.labels[row] === 1 && kept && !kept.has(card) ? -WINDOW : clean + 1;
      return clean > 0;
    });
  });
  const every = Math.max(1, Math.floor(usable.length / wanted));
  const rows = Int32Array.from(usable.filter((_, index) => index % every === 0));
  const readings = await readRows(store, { ...encoder, rows });
  const statistics = listStatistics(encoder.config);
  const sources = sourcesOf(store, readings, rows);
  const columns = statistics.map((statistic) =>
    Float32Array.from(sources, (source) => readStatistic(statistic, source)),
  );
  return fillTails(encoder.reference, statistics, columns);
}

interface Judging {
  readonly file: string;
  readonly store: SparkovStore;
  readonly testRows: Int32Array;
  readonly prevalence: Prevalence;
  readonly tailRows: number;
}

/** Bits of the test rows by one encoder; kept as a file too. */
async function rarityOf(
  encoder: PreparedEncoder,
  { file, store, testRows, prevalence, tailRows }: Judging,
): Promise<RarityRows> {
  const reference =
    tailRows > 0
      ? await sampleTails(store, encoder, prevalence, tailRows)
      : await measureTails(file, encoder, prevalence);
  const readings = await readRows(store, { ...encoder, rows: testRows });
  const rows = measureRarity(encoder.config, reference, sourcesOf(store, readings, testRows));
  const shape = [rows.rowCount, rows.statistics.length];
  writeNpy(join(sparkovCache(), `bits-${encoder.name}.npy`), rows.bits, shape);
  return rows;
}

const RULE = "the product's rule";
const scoresOf = (rows: RarityRows, suffix = ''): [string, Float64Array][] => [
  [`${RULE}${suffix}`, scoreByProduct(rows)],
  ...parts.map((part): [string, Float64Array] => [`${part} alone${suffix}`, signalOf(rows, part)]),
];

/**
 * `[--prevalence P]… [--every N] [--rounds N] [--tail-rows N] [--clean SHARE]`: with tail rows, tails come from so many rows of the store;
 * with a share, a second encoder is trained on the stream without what the first finds rare.
 */
export async function runSparkovDayZero(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prevalence: { type: 'string', multiple: true, default: [...prevalences] },
      every: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '200' },
      'tail-rows': { type: 'string', default: '0' },
      clean: { type: 'string', default: '0' },
    },
  });
  const file = askQualityData('sparkov/transactions.csv.gz');
  if (!file) return;
  const store = await openSparkovStore(file);
  const every = Number(values.every);
  const testRows = thinTest(store, every);
  const labels = Uint8Array.from(testRows, (row) => store.labels[row] ?? 0);
  const judged = {
    labels,
    weights: Float32Array.from(labels, (label) => (label === 1 ? 1 : every)),
    cards: Array.from(testRows, (row) => String(store.cards[row])),
  };
  for (const prevalence of prevalences.filter((one) => values.prevalence.includes(one))) {
    const choice = { start: 'random', prevalence, steps: 1000, learningRate: 0.004 } as const;
    const judging = { file, store, testRows, prevalence, tailRows: Number(values['tail-rows']) };
    const encoder = await prepareEncoder(file, choice);
    const share = Number(values.clean);
    const scores = scoresOf(await rarityOf(encoder, judging));
    if (share > 0) {
      const cleaned = await prepareCleaned(file, { choice, first: encoder, share });
      scores.push(...scoresOf(await rarityOf(cleaned, judging), ', cleaned'));
    }
    say(
      `${prevalence} fraud in the unlabelled stream, no label, ${testRows.length} test rows; goal ${goals[prevalence]}`,
    );
    const told = tellScores(judged, new Map(scores), Number(values.rounds));
    const better = Math.max(
      told.get('forecast-log-p-above-q95 alone') ?? 0,
      told.get('surprise-mean-total-0.9 alone') ?? 0,
      told.get('surprise-mean-amount alone') ?? 0,
    );
    const behind = better - (told.get(RULE) ?? 0);
    say(
      `  behind the better of forecast and surprise alone: ${behind.toFixed(3)}; best single field .277 (amount)`,
    );
  }
}

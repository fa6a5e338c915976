// test/quality/day-zero-handbook.ts: the Handbook without a single label: the product's label-free rule beside formulas without a model, per kind of fraud.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { featureNames } from '../../shared/features/velocity.ts';
import { fillTails } from '../../shared/head/day-zero.ts';
import { listStatistics, readStatistic, type StatisticSource } from '../../shared/head/statistics.ts';
import { meanOf, type Rounds, resample } from './bootstrap-rounds.ts';
import { measureRarity, type RarityRows, scoreByProduct, signalOf } from './day-zero-rows.ts';
import { type HandbookData, loadHandbook, REFERENCE_UNTIL } from './handbook-data.ts';
import { choosingFolds, judgedFolds, selectFold } from './handbook-folds.ts';
import { logEvaluation } from './handbook-log.ts';
import { adaptToHandbook } from './handbook-methods.ts';
import { recipe } from './handbook-recipe.ts';
import { type NamedEncoder, readingsOf } from './handbook-rows.ts';
import { askQualityData, say, tellRounds } from './say.ts';

/** Tails are taken from here on: earlier, cards have no past. */
const TAILS_FROM_MS = Date.parse('2018-04-22T00:00:00Z');
/** One genuine row in so many is kept. */
const SAMPLED_EVERY = 4;
const PRODUCT = "the product's rule";
const BEST_FORMULA = 'formula: level and bursts, or amount';

/** Kind of fraud by transaction number; for telling figures apart only. */
async function readScenarios(file: string): Promise<ReadonlyMap<number, number>> {
  const scenarios = new Map<number, number>();
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const scenario = Number(line.slice(line.lastIndexOf(',') + 1));
    if (scenario > 0) scenarios.set(Number(line.slice(0, line.indexOf(','))), scenario);
  }
  return scenarios;
}

/**
 * What is usual in the traffic before every fold, tails included. Of the kept rows frauds are all there and genuine ones a quarter: one
 * fraud in four makes an even sample of them. Labels serve to undo our own thinning, and nothing else.
 */
export async function measureTails(data: HandbookData, encoder: NamedEncoder): Promise<PopulationReference> {
  let frauds = 0;
  const isWanted = (row: number): boolean => {
    const time = data.times[row] ?? 0;
    if (time < TAILS_FROM_MS || time >= REFERENCE_UNTIL.getTime() || data.sampled[row] === 0) return false;
    return data.labels[row] === 0 || frauds++ % SAMPLED_EVERY === 0;
  };
  const rows = Int32Array.from([...data.times.keys()].filter(isWanted));
  const sources = await sourcesOf(data, encoder, rows);
  const statistics = listStatistics(encoder.config);
  const columns = statistics.map((statistic) =>
    Float32Array.from(sources, (source) => readStatistic(statistic, source)),
  );
  return fillTails(data.reference, statistics, columns);
}

/** Readings and features of these rows, as views. */
async function sourcesOf(
  data: HandbookData,
  encoder: NamedEncoder,
  rows: Int32Array,
): Promise<StatisticSource[]> {
  const { values, names } = await readingsOf(data, encoder, rows);
  return Array.from(rows, (row) => ({
    readings: values.subarray(row * names.length, (row + 1) * names.length),
    features: data.features.subarray(row * featureNames.length, (row + 1) * featureNames.length),
  }));
}

/** The best formula without a model that a study of this data found, on the product's features: T = −ln of the tail in past traffic. */
function scoreByFormula(rows: RarityRows, bursts: Float64Array): Float64Array {
  const tail = (name: string) => signalOf(rows, name).map((bits) => bits * Math.LN2);
  const [z, ratio, amount] = [
    tail('feature-levelZ'),
    tail('feature-levelDifference'),
    tail('feature-amountLog'),
  ];
  // Above the level: more than the median's ln 2.
  return z.map((value, row) => {
    const raised = value > Math.LN2 ? Math.log1p(bursts[row] ?? 0) : 0;
    return Math.max((value + (ratio[row] ?? 0)) / 2 + raised, amount[row] ?? 0);
  });
}

interface Scored {
  readonly rows: Int32Array;
  readonly scores: ReadonlyMap<string, Float64Array>;
}

function scoreFold(data: HandbookData, rows: Int32Array, parts: { readonly rarity: RarityRows }): Scored {
  const { rarity } = parts;
  const column = featureNames.indexOf('burstCountLong');
  const feature = (row: number) => data.features[row * featureNames.length + column] ?? 0;
  // The feature is ln(1 + count).
  const bursts = Float64Array.from(rows, (row) => Math.expm1(feature(row)));
  const z = signalOf(rarity, 'feature-levelZ');
  const amount = signalOf(rarity, 'feature-amountLog');
  return {
    rows,
    scores: new Map([
      [PRODUCT, scoreByProduct(rarity)],
      [BEST_FORMULA, scoreByFormula(rarity, bursts)],
      ['formula: larger tail of z and amount', z.map((bits, row) => Math.max(bits, amount[row] ?? 0))],
      ['forecast alone', signalOf(rarity, 'forecast-log-p-above-q95')],
      ['surprise mean alone', signalOf(rarity, 'surprise-mean-total-0.9')],
      ['amount alone', amount],
    ]),
  };
}

/** Rounds of every method over the folds; with a scenario, only its frauds against all that is genuine. */
function judge(
  data: HandbookData,
  folds: readonly Scored[],
  scenarioOf: (row: number) => number,
  options: { readonly scenario?: number; readonly every: number; readonly rounds: number },
): Map<string, Rounds> {
  const { scenario, every, rounds } = options;
  const byFold = folds.map(({ rows, scores }) => {
    const isKept = (row: number) =>
      scenario === undefined || data.labels[row] === 0 || scenarioOf(row) === scenario;
    const places = [...rows.keys()].filter((place) => isKept(rows[place] ?? 0));
    const labels = Uint8Array.from(places, (place) => data.labels[rows[place] ?? 0] ?? 0);
    const judged = {
      labels,
      weights: Float32Array.from(labels, (label) => (label === 1 ? 1 : every)),
      cards: places.map((place) => String(data.cards[rows[place] ?? 0])),
    };
    const chosen = new Map(
      [...scores].map(([name, column]) => [name, [Float64Array.from(places, (place) => column[place] ?? 0)]]),
    );
    return resample(judged, chosen, { seed: 20_261_124, rounds });
  });
  const names = [...(folds[0]?.scores.keys() ?? [])];
  return new Map(
    names.map((name) => [name, meanOf(byFold.flatMap((fold) => fold.get(name) ?? []))] as const),
  );
}

const tellBy = (told: ReadonlyMap<string, Rounds>): Record<string, number> =>
  tellRounds(told, told.get(PRODUCT));

/** `[choose|judge] [--every N] [--rounds N] [--fold START]…`; every look at the judged folds is logged. */
export async function runHandbookDayZero(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      fold: { type: 'string', multiple: true },
      every: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '300' },
    },
  });
  const file = askQualityData('handbook/transactions.csv.gz');
  if (!file) return;
  const isJudged = positionals[0] === 'judge';
  const data = await loadHandbook(file);
  const scenarios = await readScenarios(file);
  const scenarioOf = (row: number) => scenarios.get(data.ids[row] ?? -1) ?? 0;
  const encoder = await adaptToHandbook(data, recipe.encoder, recipe.adaptationSteps);
  const reference = await measureTails(data, encoder);
  const [every, rounds] = [Number(values.every), Number(values.rounds)];
  const folds: Scored[] = [];
  const starts = values.fold ?? (isJudged ? judgedFolds : choosingFolds);
  for (const start of starts) {
    const { testRows } = selectFold(data, start);
    const rows = testRows.filter((row, index) => data.labels[row] === 1 || index % every === 0);
    const sources = await sourcesOf(data, encoder, rows);
    folds.push(scoreFold(data, rows, { rarity: measureRarity(encoder.config, reference, sources) }));
  }
  say(
    `no label, mean of the folds ${starts.join(', ')}; goal ≥ .295 on the judged four, ceiling .314, best formula elsewhere .287` +
      `${every > 1 ? `; one genuine row in ${every}, weighted` : ''}`,
  );
  const all = tellBy(judge(data, folds, scenarioOf, { every, rounds }));
  const perFold = folds.map((fold, index) => {
    const told = judge(data, [fold], scenarioOf, { every, rounds: 0 });
    const of = (name: string) => told.get(name)?.measured ?? 0;
    say(`  ${starts[index]}: ${of(PRODUCT).toFixed(3)}, best formula ${of(BEST_FORMULA).toFixed(3)}`);
    return of(PRODUCT);
  });
  for (const scenario of [1, 2, 3]) {
    say(`frauds of scenario ${scenario} against all that is genuine`);
    tellBy(judge(data, folds, scenarioOf, { scenario, every, rounds }));
  }
  if (isJudged) logEvaluation({ program: 'day0', folds: starts, every, figures: all, perFold });
}

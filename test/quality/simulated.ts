// test/quality/simulated.ts: does the shipped encoder pay on simulated portfolios never seen, at 1 % and at 100 % of the labels?
import { parseArgs } from 'node:util';
import { randomWeights } from '../../shared/encoder/definition.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import {
  fitLinearHead,
  type HeadRows,
  type LinearHeadOptions,
  selectColumns,
} from '../../shared/head/fit-head.ts';
import { createPlainHead } from '../../shared/head/head-weights.ts';
import { differenceOf, meanOf, type Rounds, resample } from './bootstrap-rounds.ts';
import { encodePortfolio, selectHeadRows } from './encode-portfolio.ts';
import { loadPortfolio, type PortfolioData, type PortfolioRow } from './simulated-data.ts';

/**
 * Pretraining used seeds from 20 (held out from 1,000,020), the first champion 7,001 … (held out from 507,001), the tuning of the
 * simulation 101 …, demonstrations 90,000,000 …. The head was chosen on seed 41,000,001 alone and is judged on these.
 */
const JUDGED_SEEDS = '43000001,43000002,43000003';
/** Large enough that 1 % of the cards holds a handful of cards with fraud. */
const SIZES = { cards: 8_000, days: 60, testDays: 20, fraudRate: 0.01, draws: 4, share: 0.01 } as const;
const ROUNDS = 300;
const say = (text: string) => process.stdout.write(`${text}\n`);

interface Variant {
  readonly isWanted: (name: string) => boolean;
  readonly options: LinearHeadOptions;
}

const isFeature = (name: string) => name.startsWith('feature-');
const isReading = (name: string) => !isFeature(name) && !name.startsWith('event-');
/** 64 columns that a handful of frauds cannot weigh; and divergences mean something else in every portfolio. */
const needsManyLabels = (name: string) => name.startsWith('embedding-') || name.endsWith('-divergence');

/** `few labels` was chosen; the others stand for what it is made of. Features alone see no emphasis: it names readings only. */
const variants: Readonly<Record<string, Variant>> = {
  'few labels': {
    isWanted: (name) => !needsManyLabels(name),
    options: { emphasis: { 'forecast-': 2, 'surprise-mean-': 3 } },
  },
  'readings + features + event': { isWanted: () => true, options: {} },
  'readings + event': { isWanted: (name) => !isFeature(name), options: {} },
  'features + event': { isWanted: (name) => !isReading(name), options: {} },
};
const ALONE = 'features + event';
const budgets = ['1 %', '100 %'] as const;
type Scores = Map<string, Float64Array[]>;

function scoreWith(train: HeadRows, test: HeadRows, { isWanted, options }: Variant): Float64Array {
  const head = createPlainHead(fitLinearHead(selectColumns(train, isWanted), options));
  const judged = selectColumns(test, isWanted);
  const width = judged.inputs.length;
  return Float64Array.from({ length: judged.labels.length }, (_, row) =>
    head.scoreOne(judged.values.subarray(row * width, (row + 1) * width)),
  );
}

/** Scores of the test rows by every variant, with one encoder; per budget a column per draw of labels. */
async function scoreEncoder(
  data: PortfolioData,
  model: Uint8Array,
  add: (budget: string, variant: string, column: Float64Array) => void,
): Promise<void> {
  const encoder = { model, encoderVersion: 'quality', config: loadPretrained('small').config };
  const all = await encodePortfolio(data.training, data.reference, encoder);
  const test = await encodePortfolio(data.test, data.reference, encoder);
  for (const [name, variant] of Object.entries(variants)) {
    add('100 %', name, scoreWith(all, test, variant));
    for (const cards of data.draws) {
      const labelled = selectHeadRows(all, (row) => cards.has(data.training[row]?.card ?? ''));
      add('1 %', name, scoreWith(labelled, test, variant));
    }
  }
}

/** Scores per budget and method. */
async function scorePortfolio(data: PortfolioData, seed: number): Promise<Map<string, Scores>> {
  const { model, config } = loadPretrained('small');
  const scores = new Map<string, Scores>(budgets.map((budget) => [budget, new Map()]));
  const models = { pretrained: model, random: toOnnxModel(config, randomWeights(config, seed)) };
  for (const [encoder, bytes] of Object.entries(models)) {
    await scoreEncoder(data, bytes, (budget, variant, column) => {
      if (variant === ALONE && encoder === 'random') return;
      const method = variant === ALONE ? ALONE : `${encoder}: ${variant}`;
      const ofBudget = scores.get(budget);
      ofBudget?.set(method, [...(ofBudget.get(method) ?? []), column]);
    });
  }
  return scores;
}

const countFrauds = (rows: readonly PortfolioRow[]) => {
  const frauds = rows.filter(({ isFraud }) => isFraud);
  return `${frauds.length} frauds on ${new Set(frauds.map(({ card }) => card)).size} cards`;
};

function describe(seed: number, { domain, training, test, draws, trainingCards }: PortfolioData): void {
  const inDraws = draws.map((cards) => countFrauds(training.filter(({ card }) => cards.has(card))));
  say(`\nportfolio ${seed} (${domain}): ${trainingCards} cards may be labelled, ${countFrauds(training)}`);
  say(`  1 % = ${draws[0]?.size} cards, draws: ${inDraws.join('; ')}`);
  say(`  judged on other, later rows: ${test.length} kept, ${countFrauds(test)}`);
}

const show = (value: number) => value.toFixed(3).padStart(6);

/** Prints a budget's table; true when the chosen head beats both rivals. */
function report(title: string, judged: ReadonlyMap<string, Rounds>): boolean {
  say(`  ${title.padEnd(40)}     AP   minus features alone      minus random, same head`);
  const alone = judged.get(ALONE);
  let holds = true;
  for (const [method, rounds] of judged) {
    const rivals = [alone, judged.get(method.replace('pretrained:', 'random:'))];
    const cells = rivals.map((rival) => {
      if (rival === undefined || rival === rounds) return ''.padEnd(24);
      const { difference, lower, upper } = differenceOf(rounds, rival);
      if (method === 'pretrained: few labels' && !(lower > 0)) holds = false;
      return `${show(difference)} [${show(lower)}, ${show(upper)}]`.padEnd(24);
    });
    say(`  ${method.padEnd(40)} ${show(rounds.measured)}  ${cells.join('  ')}`.trimEnd());
  }
  return holds;
}

/** Judges one portfolio: budget → method → average precisions. Prints its tables. */
export async function judgePortfolio(seed: number): Promise<Map<string, Map<string, Rounds>>> {
  const data = loadPortfolio({ seed, ...SIZES });
  describe(seed, data);
  const rows = {
    labels: Uint8Array.from(data.test, ({ isFraud }) => (isFraud ? 1 : 0)),
    weights: Float32Array.from(data.test, ({ weight }) => weight),
    cards: data.test.map(({ card }) => card),
  };
  const judged = new Map<string, Map<string, Rounds>>();
  for (const [budget, scores] of await scorePortfolio(data, seed)) {
    const ofBudget = resample(rows, scores, { seed, rounds: ROUNDS });
    report(`${budget} of the labels`, ofBudget);
    judged.set(budget, ofBudget);
  }
  return judged;
}

/** Prints the mean over portfolios; true when the chosen head wins at 1 % with both lower bounds above 0. */
export function reportMeans(
  portfolios: readonly ReadonlyMap<string, ReadonlyMap<string, Rounds>>[],
): boolean {
  let isPaid = false;
  for (const budget of budgets) {
    const parts = portfolios.flatMap((judged) => judged.get(budget) ?? []);
    const means = [...(parts[0]?.keys() ?? [])].map(
      (method) => [method, meanOf(parts.flatMap((one) => one.get(method) ?? []))] as const,
    );
    say('');
    const holds = report(`${budget} of the labels, mean over seeds`, new Map(means));
    if (budget !== '1 %') continue;
    isPaid = holds;
    say(`  required at 1 %: both lower bounds above 0: ${holds ? 'holds' : 'FAILS'}`);
  }
  return isPaid;
}

/** Judges every seed, then their mean; exits 1 unless the chosen head wins at 1 %. */
export async function runSimulated(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    options: { seeds: { type: 'string', default: JUDGED_SEEDS } },
  });
  const portfolios: Map<string, Map<string, Rounds>>[] = [];
  for (const seed of String(values.seeds).split(',').map(Number)) portfolios.push(await judgePortfolio(seed));
  if (!reportMeans(portfolios)) process.exitCode = 1;
}

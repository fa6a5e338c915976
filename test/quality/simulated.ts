// test/quality/simulated.ts: does the shipped encoder pay on simulated portfolios never seen, at 1 % and at 100 % of the labels?
import { parseArgs } from 'node:util';
import { randomWeights } from '../../shared/encoder/definition.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import { fitLinearHead, type HeadRows, selectColumns } from '../../shared/head/fit-head.ts';
import { createPlainHead, type HeadWeights } from '../../shared/head/head-weights.ts';
import { type Domain, domains } from '../../shared/simulation/portfolio-traits.ts';
import { differenceOf, meanOf, type Rounds, resample } from './bootstrap-rounds.ts';
import { encodePortfolio, selectHeadRows } from './encode-portfolio.ts';
import { say } from './say.ts';
import { loadPortfolio, type PortfolioData, type PortfolioRow } from './simulated-data.ts';

/**
 * Pretraining used seeds from 20, 320 and 520 (held out a million on, accounts two), the first champion 7,001 … (held out from
 * 507,001), the tuning of the simulation 101 …, demonstrations 90,000,000 …, earlier judgements 41,000,001 to 43,000,003. The head was
 * chosen on 44,000,001 and 2, each as all three kinds of traffic, and is judged on these.
 */
const JUDGED_SEEDS = '45000001,45000002,45000003';
/** Large enough that 1 % of the cards holds a handful of cards with fraud. */
const SIZES = { cards: 8_000, days: 60, testDays: 20, fraudRate: 0.01, draws: 4, share: 0.01 } as const;
const ROUNDS = 300;
const DOMAIN_OFFSET = 100;
interface Variant {
  readonly isWanted: (name: string) => boolean;
  readonly fitHead: (rows: HeadRows) => HeadWeights;
}

const isFeature = (name: string) => name.startsWith('feature-');
const isReading = (name: string) => !isFeature(name) && !name.startsWith('event-');
const all = () => true;

/** The few-labels head and, for comparison, the plain linear head, with readings and without. */
const variants: Readonly<Record<string, Variant>> = {
  'few labels': { isWanted: all, fitHead: fitFewLabelsHead },
  'readings + features + event': { isWanted: all, fitHead: fitLinearHead },
  'readings + event': { isWanted: (name) => !isFeature(name), fitHead: fitLinearHead },
  'features + event: few labels': { isWanted: (name) => !isReading(name), fitHead: fitFewLabelsHead },
  'features + event': { isWanted: (name) => !isReading(name), fitHead: fitLinearHead },
};
/** Features alone, by either head: both must be beaten. */
const ALONE = 'features + event: few labels';
const ALONE_PLAIN = 'features + event';
const needsNoEncoder = (name: string) => name === ALONE || name === ALONE_PLAIN;
const budgets = ['1 %', '100 %'] as const;
type Scores = Map<string, Float64Array[]>;

function scoreWith(train: HeadRows, test: HeadRows, { isWanted, fitHead }: Variant): Float64Array {
  const head = createPlainHead(fitHead(selectColumns(train, isWanted)));
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
  const training = await encodePortfolio(data.training, data.reference, encoder);
  const test = await encodePortfolio(data.test, data.reference, encoder);
  for (const [name, variant] of Object.entries(variants)) {
    add('100 %', name, scoreWith(training, test, variant));
    for (const cards of data.draws) {
      const labelled = selectHeadRows(training, (row) => cards.has(data.training[row]?.card ?? ''));
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
      if (needsNoEncoder(variant) && encoder === 'random') return;
      const method = needsNoEncoder(variant) ? variant : `${encoder}: ${variant}`;
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

/** Prints a budget's table; true when the chosen head beats all rivals. */
function report(title: string, judged: ReadonlyMap<string, Rounds>): boolean {
  const head = ['minus features alone', 'the same by plain head', 'minus random, same head'];
  say(
    `  ${title.padEnd(40)}     AP   ${head
      .map((each) => each.padEnd(26))
      .join('')
      .trimEnd()}`,
  );
  const [alone, alonePlain] = [judged.get(ALONE), judged.get(ALONE_PLAIN)];
  let holds = true;
  for (const [method, rounds] of judged) {
    const rivals = [alone, alonePlain, judged.get(method.replace('pretrained:', 'random:'))];
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
export async function judgePortfolio(
  seed: number,
  domain: Domain,
): Promise<Map<string, Map<string, Rounds>>> {
  const data = loadPortfolio({ seed, domain, ...SIZES });
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

/** Prints the mean over portfolios; true when the chosen head wins at 1 % with all lower bounds above 0. */
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
    say(`  required at 1 %: all lower bounds above 0: ${holds ? 'holds' : 'FAILS'}`);
  }
  return isPaid;
}

/** Judges every seed as every kind of traffic, then their mean; exits 1 unless the chosen head wins at 1 %. */
export async function runSimulated(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    options: { seeds: { type: 'string', default: JUDGED_SEEDS } },
  });
  const portfolios: Map<string, Map<string, Rounds>>[] = [];
  for (const seed of String(values.seeds).split(',').map(Number)) {
    // Kinds of traffic must not share a seed: countries, people and tilts would be the same.
    for (const [index, domain] of domains.entries())
      portfolios.push(await judgePortfolio(seed + index * DOMAIN_OFFSET, domain));
  }
  if (!reportMeans(portfolios)) process.exitCode = 1;
}

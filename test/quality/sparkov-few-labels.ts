// test/quality/sparkov-few-labels.ts: few labels on another maker's portfolio: budgets of fraud cards at three prevalences, ours beside boosting, on identical rows.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { resample } from './bootstrap-rounds.ts';
import { type BudgetPoint, drawBudgets } from './draw-budgets.ts';
import { askQualityData, intervalOf, say } from './say.ts';
import { type Draw, readDraws } from './sparkov-data.ts';
import { type EncoderChoice, prepareEncoder } from './sparkov-encoders.ts';
import {
  ablationMethods,
  budgetMethods,
  type Contest,
  type Method,
  rowsOf,
  scoreByMethod,
} from './sparkov-methods.ts';
import { readRows } from './sparkov-readings.ts';
import { openSparkovStore, type SparkovStore, thinTest } from './sparkov-store.ts';
import { type Prevalence, prevalences } from './sparkov-streams.ts';

const PICTURE = 'infra/docs/few-labels-sparkov.svg';
const low = { '3': '.93', '5': '.94', '10': '.95', '20': '.96' };
const goals: Readonly<Record<Prevalence, Readonly<Record<string, string>>>> = {
  '1.41%': { '3': '.955', '5': '.96', '10': '.965', '20': '.97' },
  '0.19%': low,
  '0.02%': low,
};
const budgets = ['3', '5', '10', '20'] as const;
const spread = (values: readonly number[], mean: number): number =>
  Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length);

/** Prints every method, and the first minus it with its interval over cards, given the draws. */
function tell(
  { store, testRows }: Contest,
  scores: ReadonlyMap<string, Float64Array[]>,
  { every, rounds }: { readonly every: number; readonly rounds: number },
): Map<string, number> {
  const labels = Uint8Array.from(testRows, (row) => store.labels[row] ?? 0);
  const judged = {
    labels,
    weights: Float32Array.from(labels, (label) => (label === 1 ? 1 : every)),
    cards: Array.from(testRows, (row) => String(store.cards[row])),
  };
  const told = resample(judged, scores, { seed: 20_261_124, rounds });
  const [first] = told.values();
  const measured = new Map<string, number>();
  for (const [name, ofMethod] of told) {
    const single = (scores.get(name) ?? []).map(
      (column) =>
        resample(judged, new Map([[name, [column]]]), { seed: 1, rounds: 0 }).get(name)?.measured ?? 0,
    );
    const deviation = spread(single, ofMethod.measured).toFixed(3);
    say(
      `  ${name.padEnd(44)} ${ofMethod.measured.toFixed(3)} ± ${deviation}   ${intervalOf(first, ofMethod)}`,
    );
    measured.set(name, ofMethod.measured);
  }
  return measured;
}

function scoreAll(contest: Contest, methods: readonly Method[]): Map<string, Float64Array[]> {
  return new Map(methods.map((method) => [method.name, scoreByMethod(contest, method)]));
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prevalence: { type: 'string', multiple: true, default: [...prevalences] },
      k: { type: 'string', multiple: true, default: [...budgets] },
      draws: { type: 'string', default: '10' },
      steps: { type: 'string', default: '1000' },
      'learning-rate': { type: 'string', default: '0.004' },
      start: { type: 'string', default: 'random' },
      rounds: { type: 'string', default: '200' },
      every: { type: 'string', default: '1' },
      'labelled-every': { type: 'string', default: '1' },
      ablation: { type: 'boolean', default: false },
      'only-read': { type: 'boolean', default: false },
      picture: { type: 'string' },
    },
  });
  return values;
}

/** Rows that the budgets label or that are judged, read by the encoder of a start and a prevalence. */
function createReader(
  file: string,
  store: SparkovStore,
  parts: { readonly rows: readonly number[]; readonly steps: number; readonly learningRate: number },
) {
  const { rows, steps, learningRate } = parts;
  return async (start: EncoderChoice['start'], prevalence: Prevalence) => {
    const encoder = await prepareEncoder(file, { steps, learningRate, start, prevalence });
    return { name: encoder.name, read: await readRows(store, { ...encoder, rows }) };
  };
}

interface Judging {
  readonly store: SparkovStore;
  readonly testRows: Int32Array;
  readonly methods: readonly Method[];
  readonly every: number;
  readonly labelledEvery: number;
  readonly rounds: number;
}

/** One prevalence at all budgets, printed. */
function judge(
  { store, testRows, methods, every, labelledEvery, rounds }: Judging,
  prevalence: Prevalence,
  readings: Contest['readings'],
  byBudget: readonly (readonly [string, readonly Draw[]])[],
): BudgetPoint[] {
  const thinned =
    (every > 1 ? ` (one genuine row in ${every}, weighted)` : '') +
    (labelledEvery > 1 ? `, ours learns from one genuine labelled row in ${labelledEvery}` : '');
  return byBudget.flatMap(([k, draws]) => {
    say(
      `${prevalence} fraud in the unlabelled stream, k = ${k}, ${draws.length} draws, ${testRows.length} test rows${thinned}; goal ${goals[prevalence][k] ?? '–'}`,
    );
    const contest = { store, testRows, readings, draws, labelledEvery };
    const told = tell(contest, scoreAll(contest, methods), { every, rounds });
    return [...told].map(([method, precision]) => ({ prevalence, k: Number(k), method, precision }));
  });
}

/** Runs the protocol at the prevalences and budgets asked for. */
export async function runSparkovFewLabels(args: readonly string[]): Promise<void> {
  const values = readOptions(args);
  const file = askQualityData('sparkov/transactions.csv.gz');
  if (!file) return;
  const store = await openSparkovStore(file);
  const every = Number(values.every);
  const testRows = thinTest(store, every);
  const byBudget = Object.entries(readDraws())
    .filter(([k]) => values.k.includes(k))
    .map(([k, draws]) => [k, draws.slice(0, Number(values.draws))] as const);
  const labelledEvery = Number(values['labelled-every']);
  const labelled = byBudget.flatMap(([, draws]) =>
    draws.flatMap((draw) => rowsOf(store, draw, labelledEvery)),
  );
  const read = createReader(file, store, {
    rows: [...testRows, ...labelled],
    steps: Number(values.steps),
    learningRate: Number(values['learning-rate']),
  });
  const methods = values.ablation ? ablationMethods : budgetMethods;
  const judging = { store, testRows, methods, every, labelledEvery, rounds: Number(values.rounds) };
  // Weights that were never trained do not know the stream: one set of readings serves all prevalences.
  const untrained = await read('untrained', '1.41%');
  const points: BudgetPoint[] = [];
  for (const prevalence of prevalences.filter((one) => values.prevalence.includes(one))) {
    const adapted = await read(values.start === 'shipped' ? 'shipped' : 'random', prevalence);
    if (!values['only-read']) points.push(...judge(judging, prevalence, { adapted, untrained }, byBudget));
  }
  if (values.picture !== undefined) await draw(points, values.picture || join(packageRoot, PICTURE));
}

async function draw(points: readonly BudgetPoint[], picture: string): Promise<void> {
  writeFileSync(picture, await drawBudgets(points));
  say(`picture: ${picture}`);
}

// test/quality/sparkov-few-labels.ts: few labels on another maker's portfolio: the shipped encoder adapted at three prevalences, our head, ten draws.

import { parseArgs } from 'node:util';
import { randomWeights } from '../../shared/encoder/definition.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { compareMethods } from '../../shared/evaluation/ablation.ts';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import { adaptEncoder } from '../../shared/training/adapt-encoder.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import { fewLabelMethods, scoreFewLabels } from './few-label-heads.ts';
import { findQualityData, loadSparkov, readDraws, type SparkovData } from './sparkov-data.ts';
import { labelledRows } from './sparkov-heads.ts';
import { boostSparkov, encodeSparkov } from './sparkov-rows.ts';
import { type Prevalence, prevalences, readUnlabelled, type UnlabelledStream } from './sparkov-streams.ts';
import { cachedWeights } from './weights-cache.ts';

const DAY_MS = 86_400_000;
const RIVAL = 'gradient boosting, features + event';
const goals: Readonly<Record<Prevalence, readonly string[]>> = {
  '1.41%': ['.955', '.96', '.965', '.97'],
  '0.19%': ['.93', '.94', '.95', '.96'],
  '0.02%': ['.93', '.94', '.95', '.96'],
};
const budgets = ['3', '5', '10', '20'] as const;
const say = (text: string) => process.stdout.write(`${text}\n`);

interface Options {
  readonly start: string;
  readonly steps: number;
  readonly learningRate: number;
}

/** The model that reads the rows: the shipped encoder (or random weights) adapted to the unlabelled stream. */
async function prepare(file: string, prevalence: Prevalence, options: Options) {
  let unlabelled: UnlabelledStream | undefined;
  const read = async () => {
    unlabelled ??= await readUnlabelled(file, prevalence);
    return unlabelled;
  };
  const { encoderVersion, config, readWeights } = loadPretrained('small');
  const { start, steps, learningRate } = options;
  const initial = start === 'random' ? randomWeights(config, 1) : readWeights();
  const from = start === 'random' ? 'random' : encoderVersion;
  const name = `sparkov-${from}-${prevalence.replace('%', '')}-${steps}-${learningRate}`;
  const weights = await cachedWeights(name, config, async () => {
    const { tf } = await chooseBackend();
    const { training, heldOut } = await read();
    say(`adapting ${from} to ${training.eventCount} unlabelled events, ${prevalence} of them fraud`);
    const settings = { steps, learningRate, rows: 96, seed: 1 };
    const adapted = await adaptEncoder({ tf, config, initial, stream: training, heldOut, settings });
    say(
      `  forecast loss ${adapted.heldOutLoss.before.toFixed(2)} → ${adapted.heldOutLoss.after.toFixed(2)} nats`,
    );
    return adapted.weights;
  });
  return { config, weights, reference: (await read()).reference };
}

function spreadOf(values: readonly number[]): { mean: number; spread: number } {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { mean, spread: Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length) };
}

/** Prints every method, and ours minus the rival with its interval. */
function tell(
  data: SparkovData,
  { prevalence, k, rounds }: { readonly prevalence: Prevalence; readonly k: string; readonly rounds: number },
  scores: ReadonlyMap<string, Float64Array[]>,
): void {
  const labels = Uint8Array.from(data.testRows, (row) => data.labels[row] ?? 0);
  say(
    `${prevalence} fraud in the unlabelled stream, k = ${k} (goal ${goals[prevalence][budgets.indexOf(k as '3')] ?? '–'})`,
  );
  for (const [name, columns] of scores) {
    const { mean, spread } = spreadOf(columns.map((column) => averagePrecision({ scores: column, labels })));
    say(`  ${name.padEnd(52)} ${mean.toFixed(3)} ± ${spread.toFixed(3)}`);
  }
  const rows = {
    card: Uint32Array.from(data.testRows, (row) => data.table.cardOf(row)),
    day: Int32Array.from(data.testRows, (row) => Math.floor(data.table.timeOf(row) / DAY_MS)),
    label: labels,
  };
  const pair = {
    [RIVAL]: scores.get(RIVAL) ?? [],
    [fewLabelMethods[0]]: scores.get(fewLabelMethods[0]) ?? [],
  };
  const { methods } = compareMethods([{ rows, scores: pair }], RIVAL, { rounds, seed: 1 });
  const difference = methods[1]?.averagePrecisionDifference;
  if (difference)
    say(
      `  ours minus the rival: ${difference.value.toFixed(3)} [${difference.lower.toFixed(3)}, ${difference.upper.toFixed(3)}]`,
    );
}

/** Runs the protocol at the prevalences and budgets asked for. */
export async function runSparkovFewLabels(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prevalence: { type: 'string', multiple: true, default: [...prevalences] },
      k: { type: 'string', multiple: true, default: [...budgets] },
      draws: { type: 'string', default: '10' },
      steps: { type: 'string', default: '1000' },
      'learning-rate': { type: 'string', default: '0.004' },
      start: { type: 'string', default: 'shipped' },
      rounds: { type: 'string', default: '200' },
    },
  });
  const file = findQualityData('sparkov/transactions.csv.gz');
  if (!file) {
    say('NOT RUN: sparkov/transactions.csv.gz is not there (set FRAUD_QUALITY_DATA).');
    return;
  }
  const data = await loadSparkov(file);
  const byBudget = Object.entries(readDraws())
    .filter(([k]) => values.k.includes(k))
    .map(([k, draws]) => [k, draws.slice(0, Number(values.draws))] as const);
  const wanted = [
    ...data.testRows,
    ...byBudget.flatMap(([, draws]) => draws.flatMap((draw) => labelledRows(data, draw))),
  ];
  const rivals = new Map<string, Float64Array[]>();
  const options = {
    start: values.start,
    steps: Number(values.steps),
    learningRate: Number(values['learning-rate']),
  };
  for (const prevalence of prevalences.filter((one) => values.prevalence.includes(one))) {
    const rows = await encodeSparkov({ data, ...(await prepare(file, prevalence, options)), rows: wanted });
    for (const [k, draws] of byBudget) {
      const scores = new Map<string, Float64Array[]>();
      const test = rows.select(data.testRows, data.labels);
      draws.forEach((draw, seed) => {
        const train = rows.select(labelledRows(data, draw), data.labels);
        for (const [name, column] of scoreFewLabels(train, test, seed + 1))
          scores.set(name, [...(scores.get(name) ?? []), column]);
      });
      const rival = rivals.get(k) ?? boostSparkov(data, draws, rows);
      rivals.set(k, rival);
      scores.set(RIVAL, rival);
      tell(data, { prevalence, k, rounds: Number(values.rounds) }, scores);
    }
  }
}

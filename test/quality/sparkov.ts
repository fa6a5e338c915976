// test/quality/sparkov.ts: Sparkov by the few-labels protocol: ten draws of k fraud cards, heads compared on identical rows.
import { parseArgs } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type EncoderWeights, encoderConfigs, randomWeights } from '../../shared/encoder/definition.ts';
import { averagePrecision, pairedBootstrap } from '../../shared/evaluation/metrics.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import { defaultPretrainSettings, pretrainEncoder } from '../../shared/training/pretrain-encoder.ts';
import type { EncodedRows } from './encode-rows.ts';
import { askQualityData, say } from './say.ts';
import { type Draw, loadSparkov, readDraws, type SparkovData, toPretrainingStream } from './sparkov-data.ts';
import { labelledRows, scoreByHead, selectTest, type Variant } from './sparkov-heads.ts';
import { boostSparkov, encodeSparkov } from './sparkov-rows.ts';
import { cachedWeights } from './weights-cache.ts';

const config = encoderConfigs.small;
async function pretrain(data: SparkovData, steps: number, seed: number): Promise<EncoderWeights> {
  return cachedWeights(`sparkov-${config.name}-${steps}-${seed}`, config, async () => {
    const { tf, name } = await chooseBackend();
    const training = toPretrainingStream(data);
    say(`pretraining on ${training.eventCount} unlabelled events, backend ${name}`);
    const settings = { ...defaultPretrainSettings, steps, seed };
    const startedAt = performance.now();
    const onStep = (step: number, { total }: { total: number }) => {
      if (step % 100 === 0)
        say(
          `  step ${step}/${steps} loss ${total.toFixed(3)} after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
        );
    };
    const { weights } = await pretrainEncoder({ tf, config, training, settings, onStep });
    return weights;
  });
}

interface Contest {
  readonly data: SparkovData;
  readonly draws: readonly Draw[];
  readonly pretrained: EncodedRows;
  readonly random: EncodedRows;
}

/** Scores of the test rows by method, one column per draw. */
function scoreDraws({ data, draws, pretrained, random }: Contest): Map<string, Float64Array[]> {
  const scores = new Map<string, Float64Array[]>();
  const add = (name: string, column: Float64Array) => scores.set(name, [...(scores.get(name) ?? []), column]);
  const tests = { pretrained: selectTest(pretrained, data), random: selectTest(random, data) };
  for (const draw of draws) {
    const rows = labelledRows(data, draw);
    const train = {
      pretrained: pretrained.select(rows, data.labels),
      random: random.select(rows, data.labels),
    };
    for (const variant of ['all', 'readings-and-event', 'readings'] as const satisfies Variant[]) {
      add(`pretrained ${variant}`, scoreByHead(train.pretrained, tests.pretrained, variant));
      add(`random ${variant}`, scoreByHead(train.random, tests.random, variant));
    }
    add('features', scoreByHead(train.pretrained, tests.pretrained, 'features'));
  }
  scores.set('boosting', boostSparkov(data, draws, pretrained));
  return scores;
}

function report(k: string, data: SparkovData, scores: Map<string, Float64Array[]>): void {
  const labels = Uint8Array.from(data.testRows, (row) => data.labels[row]);
  const cards = Int32Array.from(data.testRows, (row) => data.table.cardOf(row));
  say(
    `\nk = ${k}: average precision on ${labels.length} rows, ${labels.reduce((sum, label) => sum + label, 0)} frauds`,
  );
  const reference = scores.get('pretrained all') ?? [];
  for (const [name, columns] of scores) {
    const precisions = columns.map((column) => averagePrecision({ scores: column, labels }));
    const mean = precisions.reduce((sum, one) => sum + one, 0) / precisions.length;
    const spread = Math.sqrt(precisions.reduce((sum, one) => sum + (one - mean) ** 2, 0) / precisions.length);
    const pairs = columns.map((column, draw) => {
      const generator = xoroshiro128plus(20_261_124 + draw);
      const drawInteger = (limit: number) => uniformInt(generator, 0, limit - 1);
      return pairedBootstrap({ first: reference[draw], second: column, labels, cards }, drawInteger, 200);
    });
    const lowers = pairs.map(({ lower }) => lower);
    const wins = pairs.filter(({ difference }) => difference > 0).length;
    say(
      `  ${name.padEnd(30)} ${mean.toFixed(3)} ± ${spread.toFixed(3)}   pretrained all minus this: ` +
        `${(pairs.reduce((sum, { difference }) => sum + difference, 0) / pairs.length).toFixed(3)}, ` +
        `lower bound ${Math.min(...lowers).toFixed(3)} (worst draw), wins ${wins} of ${pairs.length}`,
    );
  }
}

/** Runs the protocol and prints the table. */
export async function runSparkov(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      steps: { type: 'string', default: '1000' },
      draws: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
    },
  });
  const file = askQualityData('sparkov/transactions.csv.gz');
  if (!file) return;
  const data = await loadSparkov(file);
  say(
    `sparkov: ${data.table.rowCount} rows, ${data.table.cardCount} cards, ${data.testRows.length} test rows`,
  );
  const weights = await pretrain(data, Number(values.steps), Number(values.seed));
  const drawsByBudget = Object.entries(readDraws())
    .filter(([k]) => k === '3' || k === '20')
    .map(([k, draws]) => [k, draws.slice(0, Number(values.draws))] as const);
  const rows = [
    ...data.testRows,
    ...drawsByBudget.flatMap(([, draws]) => draws.flatMap((draw) => labelledRows(data, draw))),
  ];
  const pretrained = await encodeSparkov({ data, config, weights, rows });
  const random = await encodeSparkov({
    data,
    config,
    weights: randomWeights(config, Number(values.seed)),
    rows,
  });
  reportForecast(data, pretrained);
  for (const [k, draws] of drawsByBudget) report(k, data, scoreDraws({ data, draws, pretrained, random }));
}

/** Without any label: single readings as scores. */
function reportForecast(data: SparkovData, rows: EncodedRows): void {
  const test = selectTest(rows, data);
  const names = [
    'forecast-log-p-above-q95',
    'forecast-log-p-above-q99',
    'surprise-amount',
    'surprise-mean-total-0.9',
    'feature-amountLog',
  ];
  for (const name of names) {
    const column = test.inputs.indexOf(name);
    const scores = Float64Array.from(
      { length: test.labels.length },
      (_, row) => test.values[row * test.inputs.length + column],
    );
    say(`no label, ${name}: AP ${averagePrecision({ scores, labels: test.labels }).toFixed(3)}`);
  }
}

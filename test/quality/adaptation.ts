// test/quality/adaptation.ts: does a shipped encoder earn its place? Average precision on Sparkov over the time spent adapting, from shipped and from random weights.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { type EncoderConfig, type EncoderWeights, randomWeights } from '../../shared/encoder/definition.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import { fitFewLabelsHead } from '../../shared/head/fit-few-labels-head.ts';
import type { HeadRows } from '../../shared/head/fit-head.ts';
import { createPlainHead } from '../../shared/head/head-weights.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import type { PackedStream } from '../../shared/training/packed-stream.ts';
import { defaultPretrainSettings, pretrainEncoder } from '../../shared/training/pretrain-encoder.ts';
import { type AdaptationPoint, drawAdaptation } from './draw-adaptation.ts';
import type { EncodedRows } from './encode-rows.ts';
import { askQualityData, say } from './say.ts';
import { type Draw, loadSparkov, readDraws, type SparkovData, toPretrainingStream } from './sparkov-data.ts';
import { labelledRows, selectTest } from './sparkov-heads.ts';
import { encodeSparkov } from './sparkov-rows.ts';

const PICTURE = 'infra/docs/adaptation-sparkov.svg';
const seconds = (since: number) => (performance.now() - since) / 1000;

interface Start {
  readonly name: string;
  readonly weights: EncoderWeights;
}

/** The same objective, rate and rows from either start; the rate falls to zero at the end of each run, so each run stands alone. */
async function adapt(
  training: PackedStream,
  config: EncoderConfig,
  start: Start,
  steps: number,
): Promise<EncoderWeights> {
  if (steps === 0) return start.weights;
  const { tf } = await chooseBackend();
  const settings = { ...defaultPretrainSettings, steps, evaluateEvery: steps };
  const { weights } = await pretrainEncoder({ tf, config, training, settings, initial: start.weights });
  return weights;
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over the draws of the average precision on the test rows. */
function judge(data: SparkovData, encoded: EncodedRows, test: HeadRows, draws: readonly Draw[]): number {
  const width = test.inputs.length;
  return meanOf(
    draws.map((draw) => {
      const head = createPlainHead(fitFewLabelsHead(encoded.select(labelledRows(data, draw), data.labels)));
      const scores = Float64Array.from(test.labels, (_, row) =>
        head.scoreOne(test.values.subarray(row * width, (row + 1) * width)),
      );
      return averagePrecision({ scores, labels: test.labels });
    }),
  );
}

/** Prints a row per start and number of steps, and draws them. */
export async function runAdaptation(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      encoder: { type: 'string', default: 'small' },
      steps: { type: 'string', default: '0,40,120,300,1200' },
      draws: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      picture: { type: 'string', default: join(packageRoot, PICTURE) },
    },
  });
  const file = askQualityData('sparkov/transactions.csv.gz');
  if (!file) return;
  const shipped = loadPretrained(values.encoder);
  const { config } = shipped;
  const starts: Start[] = [
    { name: `shipped ${shipped.encoderVersion}`, weights: shipped.readWeights() },
    { name: 'random weights', weights: randomWeights(config, Number(values.seed)) },
  ];
  const data = await loadSparkov(file);
  const training = toPretrainingStream(data);
  const budgets = ['3', '20'].map((k) => [k, (readDraws()[k] ?? []).slice(0, Number(values.draws))] as const);
  const rows = [
    ...data.testRows,
    ...budgets.flatMap(([, draws]) => draws.flatMap((draw) => labelledRows(data, draw))),
  ];
  say(`${training.eventCount} unlabelled events, ${data.testRows.length} test rows, few-labels head`);
  const points: AdaptationPoint[] = [];
  for (const steps of values.steps.split(',').map(Number)) {
    for (const start of starts) {
      const startedAt = performance.now();
      const weights = await adapt(training, config, start, steps);
      const took = seconds(startedAt);
      const encoded = await encodeSparkov({ data, config, weights, rows });
      const test = selectTest(encoded, data);
      for (const [k, draws] of budgets) {
        const precision = judge(data, encoded, test, draws);
        points.push({ start: start.name, steps, labels: `${k} fraud cards`, precision });
        say(
          `${String(steps).padStart(5)} steps, ${took.toFixed(0).padStart(4)} s  ${start.name.padEnd(28)} ` +
            `k = ${k.padEnd(2)}  AP ${precision.toFixed(3)}`,
        );
      }
    }
  }
  writeFileSync(values.picture, await drawAdaptation(points));
  say(`picture: ${values.picture}`);
}

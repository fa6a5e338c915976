// test/quality/day-zero-sparkov.ts: Sparkov without a single label, at three prevalences of fraud in the unlabelled stream: the product's label-free rule beside its parts.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { toOnnxModel } from '../../shared/encoder/onnx-graph.ts';
import { defaultFeatureSettings } from '../../shared/features/feature-settings.ts';
import { featureNames } from '../../shared/features/velocity.ts';
import { measurePortfolio } from '../../shared/training/measure-portfolio.ts';
import { keptReference, measureRarity, scoreByProduct, signalOf, tellScores } from './day-zero-rows.ts';
import { findQualityData } from './sparkov-data.ts';
import { prepareEncoder } from './sparkov-encoders.ts';
import { readRows } from './sparkov-readings.ts';
import { openSparkovStore, sparkovCache, thinTest } from './sparkov-store.ts';
import { prevalences, tellUnlabelled } from './sparkov-streams.ts';

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
const say = (text: string) => process.stdout.write(`${text}\n`);

/** `[--prevalence P]… [--every N] [--rounds N]` */
export async function runSparkovDayZero(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      prevalence: { type: 'string', multiple: true, default: [...prevalences] },
      every: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '200' },
    },
  });
  const file = findQualityData('sparkov/transactions.csv.gz');
  if (!file) {
    say('NOT RUN: sparkov/transactions.csv.gz is not there (set FRAUD_QUALITY_DATA).');
    return;
  }
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
    const encoder = await prepareEncoder(file, choice);
    const { config, weights, name } = encoder;
    const reference = await keptReference(join(sparkovCache(), `tails-${name}.json`), () =>
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
    const readings = await readRows(store, { ...encoder, rows: testRows });
    const sources = Array.from(testRows, (row) => ({
      readings: readings.values.subarray(row * readings.names.length, (row + 1) * readings.names.length),
      features: store.features.subarray(row * featureNames.length, (row + 1) * featureNames.length),
    }));
    const rows = measureRarity(config, reference, sources);
    say(
      `${prevalence} fraud in the unlabelled stream, no label, ${testRows.length} test rows; goal ${goals[prevalence]}`,
    );
    const scores = new Map([
      ["the product's rule", scoreByProduct(rows)],
      ...parts.map((part) => [`${part} alone`, signalOf(rows, part)] as const),
    ]);
    const told = tellScores(judged, scores, Number(values.rounds));
    const better = Math.max(
      told.get('forecast-log-p-above-q95 alone') ?? 0,
      told.get('surprise-mean-total-0.9 alone') ?? 0,
    );
    const behind = better - (told.get("the product's rule") ?? 0);
    say(
      `  behind the better of forecast and surprise alone: ${behind.toFixed(3)}; best single field .277 (amount)`,
    );
  }
}

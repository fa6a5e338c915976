// test/quality/handbook-champion.ts: a champion made for the Handbook, and the rows it is judged on offline, to be set beside what it says behind Kafka.
import { defaultFeatureSettings } from '../../shared/features/feature-settings.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { toTreeHead } from '../../shared/head/add-trees.ts';
import { Calibrator } from '../../shared/head/calibrator.ts';
import { type HeadRows, selectColumns } from '../../shared/head/fit-head.ts';
import { fitTrees } from '../../shared/head/fit-trees.ts';
import { featuresOnlyInputs } from '../../shared/head/head-inputs.ts';
import { chooseThresholds, defaultReviewBudget } from '../../shared/head/thresholds.ts';
import { type AssembledVersion, assembleParts } from '../../shared/training/assemble-version.ts';
import { calibrate } from '../../shared/training/bootstrap-heads.ts';
import type { HeadDataset } from '../../shared/training/head-dataset.ts';
import { scoreRows } from '../../shared/training/judge-head.ts';
import type { HandbookData } from './handbook-data.ts';
import { recipe } from './handbook-recipe.ts';
import { type NamedEncoder, readingsOf, selectInputs } from './handbook-rows.ts';

/** Rows to learn from, to calibrate on, and to judge on: the last are the week that is replayed. All before the published folds. */
export const championWindows = {
  trainFrom: Date.parse('2018-05-20T00:00:00Z'),
  calibrateFrom: Date.parse('2018-06-10T00:00:00Z'),
  calibrateUntil: Date.parse('2018-06-17T00:00:00Z'),
  testFrom: Date.parse('2018-06-24T00:00:00Z'),
  testUntil: Date.parse('2018-07-01T00:00:00Z'),
} as const;

/** Fewer than the recipe's: what is compared is two ways to the same score. */
const TREES = 100;
/** Before the published folds one genuine row in four is kept. */
const GENUINE_WEIGHT = 4;

export interface OfflineRow {
  /** Transaction number of the file. */
  readonly id: number;
  readonly card: number;
  readonly label: number;
  readonly weight: number;
  /** Calibrated, as a decision tells it. */
  readonly score: number;
}

export interface HandbookChampion {
  readonly version: AssembledVersion;
  readonly rows: readonly OfflineRow[];
}

async function datasetOf(
  data: HandbookData,
  encoder: NamedEncoder,
  fromMs: number,
  untilMs: number,
): Promise<HeadDataset & { readonly rows: Int32Array }> {
  const isIn = (row: number) => (data.times[row] ?? 0) >= fromMs && (data.times[row] ?? 0) < untilMs;
  const rows = Int32Array.from([...data.times.keys()].filter((row) => data.sampled[row] === 1 && isIn(row)));
  const readings = await readingsOf(data, encoder, rows);
  const inputs = selectInputs(data, rows, { readings, features: true, event: true });
  return {
    ...inputs,
    rows,
    weights: Float32Array.from(inputs.labels, (label) => (label === 1 ? 1 : GENUINE_WEIGHT)),
    times: Float64Array.from(rows, (row) => data.times[row] ?? 0),
    cards: Uint32Array.from(rows, (row) => data.cards[row] ?? 0),
    typologies: [],
  };
}

const fitHead = (rows: HeadRows) =>
  toTreeHead(rows, fitTrees(rows, { ...recipe.trees, trees: TREES, seed: recipe.seeds[0] ?? 1 }));

/**
 * Fits, calibrates and assembles.
 * @param reference with tails
 */
export async function makeChampion(
  data: HandbookData,
  encoder: NamedEncoder,
  reference: PopulationReference,
): Promise<HandbookChampion> {
  const { trainFrom, calibrateFrom, calibrateUntil, testFrom, testUntil } = championWindows;
  const training = await datasetOf(data, encoder, trainFrom, calibrateFrom);
  const heads = {
    full: fitHead(training),
    featuresOnly: fitHead(selectColumns(training, (name) => featuresOnlyInputs.includes(name))),
  };
  const calibration = await datasetOf(data, encoder, calibrateFrom, calibrateUntil);
  const calibrators = calibrate(heads, calibration);
  const calibrator = new Calibrator(calibrators.full);
  const toScores = (of: HeadDataset) =>
    Float64Array.from(scoreRows(heads.full, of), (raw) => calibrator.toScore(raw));
  const version = assembleParts(
    {
      kind: 'handbook',
      encoder,
      heads,
      calibrators,
      thresholds: chooseThresholds(toScores(calibration), calibration.weights, defaultReviewBudget),
      references: { '*': { ...reference, portfolioId: '*' }, [reference.portfolioId]: reference },
      featureSettings: defaultFeatureSettings,
      report: {},
      writeCard: (modelVersion) => `# ${modelVersion}\n\nFor a quality run; never shipped.\n`,
    },
    new Date(testFrom).toISOString(),
  );
  const test = await datasetOf(data, encoder, testFrom, testUntil);
  const scores = toScores(test);
  const rows = [...test.rows].map((row, index) => ({
    id: data.ids[row] ?? -1,
    card: data.cards[row] ?? -1,
    label: data.labels[row] ?? 0,
    weight: test.weights[index] ?? 1,
    score: scores[index] ?? 0,
  }));
  return { version, rows };
}

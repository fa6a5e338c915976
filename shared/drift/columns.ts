// shared/drift/columns.ts: which numbers of a row are watched, and the source of drift each of them stands for.

import type { DriftRow } from './drift-row.ts';
import { createRandomSigns } from './random-signs.ts';

export const driftSources = ['input', 'missingness', 'embedding', 'surprise', 'score', 'alert-rate'] as const;
/** Where a distribution moved. `surprise` covers forecasts, surprises and their means. */
export type DriftSource = (typeof driftSources)[number];

/** A watched number. */
export interface DriftColumn {
  readonly name: string;
  readonly source: DriftSource;
  /** Remembers longer than the window of days it is watched in: shown, but no ground for a trigger. */
  readonly isSlow: boolean;
  /** NaN where the row does not hold it. */
  read(row: DriftRow): number;
}

/** Mean and standard deviation of each dimension of the embedding in the reference window. */
export interface EmbeddingMoments {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
}

/** Directions in which the population of embeddings is watched beside its distance from the mean: few, so that each is seen well. */
const PROJECTIONS = 8;
const PROJECTION_SEED = 5_501;
/** Scores are watched as log odds, cut off where a calibrator says nothing more. */
const LEAST_SCORE = 1e-6;

/** Channels that repeat a feature, or that the calendar alone decides. */
const LEFT_OUT =
  /^event-(start|amountLog|levelDifference|levelZ|categoryDifference|gap|categoryGap|hour-.*|weekday-.*|newDevice|ipCountryDiffers)$/;
/** Age of the histories: it grows on every quiet day, and says nothing about who pays. */
const AGES = /^feature-(cardHistory|cardAge|merchantAge|cardDaysSinceFraud)$/;
/** Means of weeks (ten payments back are more than a week of most cards), gaps that only an old history can hold, what merchants and accounts were like, and what labels said: the same cards and merchants count day after day. */
const SLOW =
  /(Middle|Long|Spread|Risk|KnownFrauds|DaysSince\w*)$|^feature-(account|merchant(Count|Risk|Run|Days|Burst|Amount))|^feature-categoryGap$|^feature-card(Mean|LargestRatio|Returns|NewCategoryShare|Merchants|Countries|SumRatio|PaceRatio)|^event-monthsPastDue|^surprise-mean-total-0\.9$/;
const MISSING = /Missing$|Unknown$|^event-deviceKnown$|^event-(category|entry-mode)-0$/;

const isEmbedding = (name: string): boolean => name.startsWith('embedding-');

function sourceOf(input: string): DriftSource {
  if (MISSING.test(input)) return 'missingness';
  return /^(forecast|surprise)-/.test(input) ? 'surprise' : 'input';
}

/** Log odds of a probability. */
const toLogOdds = (score: number): number => {
  const bounded = Math.min(1 - LEAST_SCORE, Math.max(LEAST_SCORE, score));
  return Math.log(bounded / (1 - bounded));
};

/** Moments of the embedding, from the rows that have one, all of it finite. */
export function measureEmbedding(inputs: readonly string[], rows: readonly DriftRow[]): EmbeddingMoments {
  const width = inputs.filter(isEmbedding).length;
  const encoded = rows.filter(({ values }) => values.subarray(0, width).every(Number.isFinite));
  const moment = (read: (row: DriftRow) => number): number =>
    encoded.reduce((sum, row) => sum + read(row), 0) / Math.max(1, encoded.length);
  const means = Array.from({ length: width }, (_, index) => moment(({ values }) => values[index] ?? 0));
  const deviations = means.map((mean, index) =>
    Math.sqrt(moment(({ values }) => ((values[index] ?? 0) - mean) ** 2)),
  );
  return { means, deviations };
}

function embeddingColumns({ means, deviations }: EmbeddingMoments): DriftColumn[] {
  const width = means.length;
  if (width === 0) return [];
  const standard = ({ values }: DriftRow, index: number): number =>
    ((values[index] ?? Number.NaN) - (means[index] ?? 0)) / Math.max(1e-6, deviations[index] ?? 0);
  const sum = (term: (index: number) => number): number => {
    let total = 0;
    for (let index = 0; index < width; index++) total += term(index);
    return total;
  };
  const distance: DriftColumn = {
    name: 'embedding-distance',
    source: 'embedding',
    isSlow: false,
    read: (row) => sum((index) => standard(row, index) ** 2) / width,
  };
  const projections = createRandomSigns(PROJECTION_SEED, PROJECTIONS, width).map(
    (signs, number): DriftColumn => ({
      name: `embedding-projection-${number}`,
      source: 'embedding',
      isSlow: false,
      read: (row) => sum((index) => (signs[index] ?? 0) * standard(row, index)) / Math.sqrt(width),
    }),
  );
  return [distance, ...projections];
}

/** @param inputs names of `DriftRow.values`, in order; embedding first where there is one */
export function planColumns(inputs: readonly string[], moments: EmbeddingMoments): DriftColumn[] {
  const ofInputs = inputs.flatMap((name, index): DriftColumn[] =>
    isEmbedding(name) || LEFT_OUT.test(name) || AGES.test(name)
      ? []
      : [
          {
            name,
            source: sourceOf(name),
            isSlow: SLOW.test(name),
            read: ({ values }) => values[index] ?? Number.NaN,
          },
        ],
  );
  return [
    ...ofInputs,
    ...embeddingColumns(moments),
    {
      name: 'readings-missing',
      source: 'missingness',
      isSlow: false,
      read: ({ values }) => (Number.isNaN(values[0]) ? 1 : 0),
    },
    { name: 'score-log-odds', source: 'score', isSlow: false, read: ({ score }) => toLogOdds(score) },
    { name: 'alert', source: 'alert-rate', isSlow: false, read: ({ isAlert }) => (isAlert ? 1 : 0) },
  ];
}

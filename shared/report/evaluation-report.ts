// shared/report/evaluation-report.ts: evaluations as a report: headlines, pictures, tables; one method or several on the same rows.
import type { AblationTable } from '../evaluation/ablation.ts';
import type { Evaluation } from '../evaluation/evaluate.ts';
import type { Estimate } from '../evaluation/resample-cards.ts';
import type { SegmentFigures } from '../evaluation/segments.ts';
import { drawAblation, drawAblationDifferences, drawSegments } from './draw-intervals.ts';
import {
  drawGain,
  drawPrecisionRecall,
  drawReliability,
  drawScores,
  type NamedEvaluations,
} from './draw-ranking.ts';
import {
  formatNumber,
  type HeadlineFigure,
  type ReportPicture,
  type ReportSection,
  type ReportTable,
} from './html-report.ts';

const percent = (share: number): string => `${formatNumber(100 * share)} %`;
const money = (minor: number): string => formatNumber(Math.round(minor / 100));

/** `.712 (.690 … .734)` */
export function formatEstimate({ value, lower, upper }: Estimate): string {
  if (!Number.isFinite(lower)) return formatNumber(value);
  return `${formatNumber(value)} (${formatNumber(lower)} … ${formatNumber(upper)})`;
}

const interval = ({ lower, upper }: Estimate): { detail: string } | Record<string, never> =>
  Number.isFinite(lower) ? { detail: `95 %: ${formatNumber(lower)} … ${formatNumber(upper)}` } : {};

function formatCapacity({ review }: Evaluation): string {
  const { capacity } = review;
  return 'share' in capacity
    ? `reviewing ${percent(capacity.share)} of the transactions`
    : `reviewing ${formatNumber(capacity.perDay)} transactions a day`;
}

/** Figures for the top of a report. */
export function toHeadlines(evaluation: Evaluation): HeadlineFigure[] {
  const { averagePrecision, areaUnderCurve, cardPrecision, review, calibration } = evaluation;
  return [
    {
      label: 'average precision',
      value: formatNumber(averagePrecision.value),
      ...interval(averagePrecision),
    },
    { label: 'AUC', value: formatNumber(areaUnderCurve.value), ...interval(areaUnderCurve) },
    { label: `CP@${cardPrecision.k}`, value: formatNumber(cardPrecision.value), detail: 'cards per day' },
    { label: 'recall', value: percent(review.recall), detail: formatCapacity(evaluation) },
    ...(review.cost
      ? [
          {
            label: 'money saved',
            value: percent(review.cost.savedShare),
            detail: `${money(review.cost.savedMinor)} of ${money(review.cost.savedMinor + review.cost.lostMinor)}`,
          },
        ]
      : []),
    ...(calibration
      ? [
          {
            label: 'promised ÷ observed fraud',
            value: formatNumber(calibration.promisedToObserved),
            detail: `calibration error ${formatNumber(calibration.expectedCalibrationError)}`,
          },
        ]
      : []),
  ];
}

function figuresTable(evaluations: NamedEvaluations): ReportTable {
  return {
    columns: [
      '',
      'average precision',
      'AUC',
      'CP@k',
      'recall',
      'precision',
      'saved',
      'lost',
      'Brier',
      'calibration error',
    ],
    rows: Object.entries(evaluations).map(([name, { review, calibration, ...evaluation }]) => [
      name,
      formatEstimate(evaluation.averagePrecision),
      formatEstimate(evaluation.areaUnderCurve),
      evaluation.cardPrecision.value,
      review.recall,
      review.precision,
      review.cost ? Math.round(review.cost.savedMinor / 100) : Number.NaN,
      review.cost ? Math.round(review.cost.lostMinor / 100) : Number.NaN,
      calibration?.brier ?? Number.NaN,
      calibration?.expectedCalibrationError ?? Number.NaN,
    ]),
    note: 'Intervals: 95 %, bootstrap over cards. Recall, precision, saved and lost at the review capacity; money in whole units of the currency, a reviewed fraud counts as stopped.',
  };
}

function segmentTable(segments: readonly SegmentFigures[]): ReportTable {
  return {
    columns: [
      'segment',
      'rows',
      'frauds',
      'fraud rate',
      'average precision',
      'recall',
      'precision',
      'promised ÷ observed',
    ],
    rows: segments.map(
      ({ segment, rows, frauds, fraudRate, averagePrecision, review, promisedToObserved }) => [
        segment,
        rows,
        frauds,
        percent(fraudRate),
        averagePrecision ? formatEstimate(averagePrecision) : '–',
        review.recall,
        review.precision,
        promisedToObserved ?? Number.NaN,
      ],
    ),
  };
}

const MOST_SEGMENTS = 24;

async function segmentSections({ segments, averagePrecision }: Evaluation): Promise<ReportSection[]> {
  return Promise.all(
    Object.entries(segments).map(async ([name, figures]) => {
      const shown = figures.slice(0, MOST_SEGMENTS);
      const rest = figures.length - shown.length;
      return {
        heading: `By ${name}`,
        ...(rest > 0 && {
          text: `The ${MOST_SEGMENTS} largest of ${figures.length}; all are in the JSON file.`,
        }),
        pictures: [{ svg: await drawSegments(shown, averagePrecision.value), caption: 'Dashed: all rows.' }],
        table: segmentTable(shown),
      };
    }),
  );
}

function fraudTypeSection({ fraudTypes }: Evaluation): ReportSection[] {
  if (fraudTypes.length === 0) return [];
  const table = {
    columns: ['fraud type', 'frauds', 'average precision', 'AUC', 'recall', 'saved', 'lost'],
    rows: fraudTypes.map(({ fraudType, frauds, averagePrecision, areaUnderCurve, review }) => [
      fraudType,
      frauds,
      formatEstimate(averagePrecision),
      formatEstimate(areaUnderCurve),
      review.recall,
      review.cost ? Math.round(review.cost.savedMinor / 100) : Number.NaN,
      review.cost ? Math.round(review.cost.lostMinor / 100) : Number.NaN,
    ]),
    note: 'Each kind of fraud among all genuine rows, other frauds left out; reviews are those of the whole.',
  };
  return [{ heading: 'By fraud type', table }];
}

/** Section of an ablation table: values and paired differences to the baseline. */
export async function ablationSection(table: AblationTable, heading = 'Ablation'): Promise<ReportSection> {
  return {
    heading,
    text: `${formatNumber(table.rows)} rows, ${formatNumber(table.frauds)} frauds, ${table.folds} fold${table.folds === 1 ? '' : 's'}. Differences are paired on the same draws of cards: a method whose interval holds 0 is not told apart from ${table.baseline}.`,
    pictures: [
      { svg: await drawAblation(table), caption: `Dashed: ${table.baseline}.` },
      { svg: await drawAblationDifferences(table) },
    ],
    table: {
      columns: ['method', 'average precision', 'AUC', `AP − ${table.baseline}`, `AUC − ${table.baseline}`],
      rows: table.methods.map((row) => [
        row.method,
        formatEstimate(row.averagePrecision),
        formatEstimate(row.areaUnderCurve),
        row.averagePrecisionDifference ? formatEstimate(row.averagePrecisionDifference) : '',
        row.areaUnderCurveDifference ? formatEstimate(row.areaUnderCurveDifference) : '',
      ]),
    },
  };
}

/**
 * Sections for one or several evaluations of the same rows. Segments, fraud types and the score histogram are those of the first.
 */
export async function evaluationSections(evaluations: NamedEvaluations): Promise<ReportSection[]> {
  const [[name, first]] = Object.entries(evaluations);
  const reliability = await drawReliability(evaluations);
  const pictures: ReportPicture[] = [
    {
      svg: await drawPrecisionRecall(evaluations),
      caption: 'Precision over recall. Dashed: the share of fraud, what chance reaches.',
    },
    {
      svg: await drawGain(evaluations),
      caption: `Gain over time, ${formatCapacity(first)}. Grey: all fraud there was.`,
    },
    { svg: await drawScores(first), caption: `Scores of ${name}.` },
  ];
  if (reliability !== undefined) {
    pictures.splice(1, 0, {
      svg: reliability,
      caption:
        'Do scores keep what they promise? Bars: 95 % of what the counts allow. Each dot promises a tenth of all fraud.',
    });
  }
  return [
    { heading: 'Figures', table: figuresTable(evaluations), pictures },
    ...(await segmentSections(first)),
    ...fraudTypeSection(first),
  ];
}

// shared/report/draw-intervals.ts: figures with their intervals as dots and bars: segments, and methods against a baseline.
import type { AblationTable } from '../evaluation/ablation.ts';
import type { Estimate } from '../evaluation/resample-cards.ts';
import type { SegmentFigures } from '../evaluation/segments.ts';
import { colours, drawSvg } from './draw-svg.ts';

const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';

export interface IntervalRow extends Estimate {
  readonly name: string;
}

interface IntervalOptions {
  readonly title: string;
  /** A dashed line: the baseline's figure, or 0 for differences. */
  readonly reference?: number;
  readonly width?: number;
}

/** One line per row, in the order given. Bounds that are NaN are not drawn. */
export function drawIntervals(
  rows: readonly IntervalRow[],
  { title, reference, width = 420 }: IntervalOptions,
): Promise<string> {
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    axis: { title: null, labelLimit: 260, labelColor: colours.ink, domain: false, ticks: false },
  } as const;
  const axis = { title, format: '.3~r', tickCount: 6 };
  const values = rows.map((row) => ({ ...row }));
  const bounded = values.filter(({ lower, upper }) => Number.isFinite(lower) && Number.isFinite(upper));
  return drawSvg({
    $schema,
    width,
    height: { step: 26 },
    layer: [
      {
        data: { values: reference === undefined ? [] : [{ reference }] },
        mark: { type: 'rule', strokeDash: [4, 4], color: colours.muted },
        encoding: { x: { field: 'reference', type: 'quantitative', axis } },
      },
      {
        data: { values: bounded },
        mark: { type: 'rule', strokeWidth: 2.5, color: colours.series[0], opacity: 0.55 },
        encoding: {
          y,
          x: { field: 'lower', type: 'quantitative', scale: { zero: false }, axis },
          x2: { field: 'upper' },
        },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 70, color: colours.series[0], opacity: 1 },
        encoding: { y, x: { field: 'value', type: 'quantitative', scale: { zero: false }, axis } },
      },
    ],
  });
}

/** Average precision of each segment that has one. */
export function drawSegments(segments: readonly SegmentFigures[], overall: number): Promise<string> {
  const rows = segments.flatMap(({ segment, averagePrecision }) =>
    averagePrecision ? [{ name: segment, ...averagePrecision }] : [],
  );
  return drawIntervals(rows, { title: 'average precision', reference: overall });
}

/** Average precision of each method; the dashed line is the baseline's. */
export function drawAblation({ methods, baseline }: AblationTable): Promise<string> {
  const base = methods.find(({ method }) => method === baseline)?.averagePrecision.value;
  return drawIntervals(
    methods.map(({ method, averagePrecision }) => ({ name: method, ...averagePrecision })),
    { title: 'average precision', ...(base !== undefined && { reference: base }) },
  );
}

/** Difference in average precision of each method to the baseline, paired on the same cards. */
export function drawAblationDifferences({ methods, baseline }: AblationTable): Promise<string> {
  const rows = methods.flatMap(({ method, averagePrecisionDifference }) =>
    averagePrecisionDifference ? [{ name: method, ...averagePrecisionDifference }] : [],
  );
  return drawIntervals(rows, { title: `difference to ${baseline}`, reference: 0 });
}

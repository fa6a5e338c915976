// services/retrainer/card-drift.ts: how far the inputs and the score moved between the calibration and the test window, as a section of the model card.
import { chooseEdges } from '../../shared/drift/bins.ts';
import { type DriftColumn, measureEmbedding, planColumns } from '../../shared/drift/columns.ts';
import { addDays, createDayCounter, type DayCounter } from '../../shared/drift/day-counts.ts';
import { measureDistances } from '../../shared/drift/distances.ts';
import { type DriftRow, dayOf } from '../../shared/drift/drift-row.ts';
import { drawBars } from '../../shared/report/draw-bars.ts';
import type { ReportSection } from '../../shared/report/html-report.ts';
import { type Described, toDriftRows } from './describe-drift.ts';

/** Columns shown: the ones that moved most. */
const SHOWN = 16;
/** Rows of each window that are measured. */
const MOST_ROWS = 30_000;

/** Card-days by bin of each column: a card counts once a day, as where drift is watched. */
function countBins(
  rows: readonly DriftRow[],
  columns: readonly DriftColumn[],
  edges: readonly (readonly number[])[],
): readonly Float64Array[] {
  const days = new Map<number, DayCounter>();
  for (const row of rows) {
    const day = dayOf(row.eventTimeMs);
    const counter = days.get(day) ?? createDayCounter(columns, edges);
    days.set(day, counter);
    counter.add(row);
  }
  const empty = createDayCounter(columns, edges).counts;
  return addDays(
    [...days.values()].map(({ counts }) => counts),
    empty,
  ).bins;
}

/** From the window that calibrated to the one that judged: what a user of the version must expect of the weeks between. */
export async function describeCardDrift(state: Described): Promise<ReportSection> {
  const [before, after] = [
    toDriftRows(state, ['calibration'], MOST_ROWS),
    toDriftRows(state, ['test'], MOST_ROWS),
  ];
  const columns = planColumns(state.set.inputs, measureEmbedding(state.set.inputs, before));
  const edges = columns.map((column) => chooseEdges(Float64Array.from(before, (row) => column.read(row))));
  const [usual, recent] = [countBins(before, columns, edges), countBins(after, columns, edges)];
  const moved = columns
    .map(({ name, source }, index) => ({
      name,
      source,
      ...measureDistances(recent[index] ?? new Float64Array(), usual[index] ?? new Float64Array()),
    }))
    .sort((left, right) => right.populationStability - left.populationStability);
  const shown = moved.slice(0, SHOWN);
  const bars = shown.map(({ name, populationStability }) => ({ name, value: populationStability }));
  return {
    heading: 'Drift',
    text: 'Between the calibration and the test window, no label looked at. Population stability index over card-days: by custom below .1 nothing happened, above .25 much did; few cards move it by chance.',
    pictures: [
      {
        svg: await drawBars(bars, { title: 'population stability index', reference: 0.25 }),
        caption: `The ${shown.length} of ${moved.length} columns that moved most. Dashed: .25.`,
      },
    ],
    table: {
      columns: ['column', 'source', 'population stability', 'Jensen–Shannon, bits', 'Kolmogorov–Smirnov'],
      rows: shown.map((one) => [
        one.name,
        one.source,
        one.populationStability,
        one.jensenShannon,
        one.kolmogorovSmirnov,
      ]),
    },
  };
}

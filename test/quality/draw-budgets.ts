// test/quality/draw-budgets.ts: average precision over the number of labelled fraud cards, a picture per prevalence, as SVG.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface BudgetPoint {
  readonly prevalence: string;
  readonly k: number;
  readonly method: string;
  readonly precision: number;
}

/** A line per method. */
export async function drawBudgets(points: readonly BudgetPoint[]): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: 'A portfolio of another maker (Sparkov), a handful of labelled fraud cards',
    data: {
      values: points.map((point) => ({
        ...point,
        stream: `${point.prevalence} fraud in the unlabelled stream`,
      })),
    },
    facet: { field: 'stream', type: 'nominal', sort: null, title: null },
    columns: 3,
    spec: {
      width: 230,
      height: 220,
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'k',
          type: 'quantitative',
          title: 'labelled fraud cards',
          scale: { type: 'log' },
          axis: { values: [...new Set(points.map(({ k }) => k))] },
        },
        y: { field: 'precision', type: 'quantitative', title: 'average precision', scale: { zero: false } },
        color: {
          field: 'method',
          type: 'nominal',
          sort: null,
          title: null,
          legend: { orient: 'bottom', columns: 2, labelLimit: 400 },
        },
      },
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

// test/quality/draw-adaptation.ts: average precision over the steps spent adapting, as SVG.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface AdaptationPoint {
  readonly start: string;
  readonly steps: number;
  readonly labels: string;
  readonly precision: number;
}

/** One small picture per budget of labels, a line per start. */
export async function drawAdaptation(target: string, points: readonly AdaptationPoint[]): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: `Adapting without labels: ${target}`,
    data: { values: points.map((point) => ({ ...point })) },
    facet: { field: 'labels', type: 'nominal', sort: null, title: null },
    columns: 2,
    spec: {
      width: 300,
      height: 200,
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'steps',
          type: 'quantitative',
          title: 'steps of adaptation',
          scale: { type: 'symlog', constant: 30 },
          axis: { values: [...new Set(points.map(({ steps }) => steps))] },
        },
        y: { field: 'precision', type: 'quantitative', title: 'average precision' },
        color: { field: 'start', type: 'nominal', title: 'starting from', legend: { orient: 'bottom' } },
      },
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

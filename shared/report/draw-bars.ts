// shared/report/draw-bars.ts: named figures as bars from zero.
import { colours, drawSvg } from './draw-svg.ts';

const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';

export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** One bar per row, in the order given. @param options.reference a dashed line */
export function drawBars(
  rows: readonly Bar[],
  {
    title,
    reference,
    width = 420,
  }: { readonly title: string; readonly reference?: number; readonly width?: number },
): Promise<string> {
  const axis = { title, format: '.3~r', tickCount: 6 };
  return drawSvg({
    $schema,
    width,
    height: { step: 20 },
    layer: [
      {
        data: { values: rows.map((row) => ({ ...row })) },
        mark: { type: 'bar', height: 11 },
        encoding: {
          y: {
            field: 'name',
            type: 'nominal',
            sort: null,
            axis: { title: null, labelLimit: 260, labelColor: colours.ink, domain: false, ticks: false },
          },
          x: { field: 'value', type: 'quantitative', axis },
        },
      },
      {
        data: { values: reference === undefined ? [] : [{ reference }] },
        mark: { type: 'rule', strokeDash: [4, 4], color: colours.muted },
        encoding: { x: { field: 'reference', type: 'quantitative', axis } },
      },
    ],
  });
}

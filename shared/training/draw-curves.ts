// shared/training/draw-curves.ts: loss curves of a pretraining run as one SVG: a small picture per task, training and held-out.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { taskNames } from './next-event.ts';
import type { CurvePoint } from './pretrain-encoder.ts';

function toRows(curve: readonly CurvePoint[]) {
  return curve.flatMap(({ step, training, heldOut }) =>
    taskNames.flatMap((task) => [
      { step, task, traffic: 'training', nats: training[task] },
      ...(heldOut ? [{ step, task, traffic: 'held out', nats: heldOut[task] }] : []),
    ]),
  );
}

/** The curves as SVG text. */
export async function drawCurves(curve: readonly CurvePoint[], title: string): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    data: { values: toRows(curve) },
    facet: { field: 'task', type: 'nominal', sort: [...taskNames], title: null },
    columns: 3,
    spec: {
      width: 220,
      height: 130,
      mark: { type: 'line', interpolate: 'monotone' },
      encoding: {
        x: { field: 'step', type: 'quantitative' },
        y: {
          field: 'nats',
          type: 'quantitative',
          title: 'nats per next event',
          scale: { zero: false },
        },
        color: { field: 'traffic', type: 'nominal', title: null },
      },
    },
    resolve: { scale: { y: 'independent' } },
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

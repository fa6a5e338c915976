// shared/transfer/comparison-report.ts: a comparison of encoders as HTML: recommendation, average precision over label budgets, distance, cost.
import { colours, drawSvg } from '../report/draw-svg.ts';
import { formatEstimate } from '../report/evaluation-report.ts';
import { writeHtmlReport } from '../report/html-report.ts';
import type { EncoderComparison } from './compare-encoders.ts';

const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Average precision over label budgets, one line per encoder. @returns an SVG element */
export function drawComparison({ budgets }: Pick<EncoderComparison, 'budgets'>): Promise<string> {
  const values = budgets.flatMap(({ budget, table }) =>
    table.methods.map(({ method, averagePrecision }) => ({ budget, method, ...averagePrecision })),
  );
  const x = {
    field: 'budget',
    type: 'ordinal',
    sort: null,
    axis: { title: 'labelled fraud cards', labelAngle: 0 },
  } as const;
  const axis = { title: 'average precision', format: '.2f' };
  const color = { field: 'method', type: 'nominal', sort: null } as const;
  const xOffset = { field: 'method' } as const;
  return drawSvg({
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: { step: 28 },
    height: 260,
    data: { values },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.5 },
        encoding: {
          x,
          xOffset,
          color,
          y: { field: 'lower', type: 'quantitative', axis },
          y2: { field: 'upper' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1, stroke: colours.ink, strokeWidth: 0 },
        encoding: { x, xOffset, color, y: { field: 'value', type: 'quantitative', axis } },
      },
    ],
  });
}

/** Rows for terminal and report: encoder, then average precision per budget. */
export function probeTable({ budgets }: Pick<EncoderComparison, 'budgets'>): {
  readonly columns: string[];
  readonly rows: string[][];
} {
  const methods = budgets[0]?.table.methods.map(({ method }) => method) ?? [];
  const cell = (budget: (typeof budgets)[number], method: string): string => {
    const found = budget.table.methods.find((row) => row.method === method);
    return found ? formatEstimate(found.averagePrecision) : '';
  };
  return {
    columns: [
      'encoder',
      ...budgets.map(({ budget }) => (budget === 'all' ? 'all labels' : `${budget} fraud cards`)),
    ],
    rows: methods.map((method) => [method, ...budgets.map((budget) => cell(budget, method))]),
  };
}

/** Writes the report as one HTML file. */
export async function writeComparisonReport(path: string, comparison: EncoderComparison): Promise<void> {
  const { encoders, recommendation, rows, fraudCards } = comparison;
  const { boundaries, transactions } = rows;
  writeHtmlReport(path, {
    title: 'Which encoder for this portfolio',
    subtitle: `${transactions.toLocaleString('en')} transactions, ${date(boundaries.firstMs)} to ${date(boundaries.lastMs)}; ${fraudCards} cards with a labelled fraud`,
    headlines: [{ label: 'Recommended', value: recommendation.encoder }],
    sections: [
      { heading: 'Recommendation', text: recommendation.why },
      {
        heading: 'A frozen probe at several label budgets',
        text: 'Each encoder is left as it is; a linear head on its readings and the current event learns from the labelled cards alone and is judged on the later window. No velocity features: this compares encoders, not detectors. Intervals are 95 %, over cards.',
        table: probeTable(comparison),
        svg: await drawComparison(comparison),
      },
      {
        heading: 'Distance and cost',
        text: 'How far the portfolio’s embeddings lie from those of the traffic the encoder was pretrained on: the further, the more adaptation has to do.',
        table: {
          columns: [
            'encoder',
            'mean',
            'covariance',
            'MMD²',
            'processor ms per 1,000',
            'model, kB',
            'sessions, MB',
            'readings',
          ],
          rows: encoders.map(
            ({ encoder, distance, millisecondsPerThousand, modelBytes, sessionBytes, readings }) => [
              encoder,
              distance.mean,
              distance.covariance,
              distance.discrepancy,
              millisecondsPerThousand,
              Math.round(modelBytes / 1024),
              Math.round(sessionBytes / 2 ** 20),
              readings.join(', '),
            ],
          ),
          note: encoders.some(({ isSourceGuessed }) => isSourceGuessed)
            ? 'The traffic that imported encoders were pretrained on is not known: their distance is to simulated traffic.'
            : 'Distances are to simulated traffic of a seed that no pretraining used.',
        },
      },
    ],
  });
}

// shared/simulation/picture.ts: a simulated portfolio to look at: amounts, hours, merchant categories, fraud by typology, as SVG.
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { AMOUNT_STEP, type Counts, type Histogram, type SimulationCounts } from './summary.ts';

const COLOURS = { genuine: '#7a8ba3', fraud: '#c8402f' } as const;
const MOST_CATEGORIES = 16;

interface Bar {
  readonly label: 'genuine' | 'fraud';
  readonly key: number | string;
  /** Share of its label's transactions. */
  readonly share: number;
}

const sum = (counts: Counts) => Object.values(counts).reduce((total, count) => total + count, 0);

function toBars(histogram: Histogram, keyOf: (key: string) => number | string): Bar[] {
  return (['genuine', 'fraud'] as const).flatMap((label) => {
    const total = sum(histogram[label]);
    return Object.entries(histogram[label])
      .map(([key, count]) => ({ label, key: keyOf(key), share: count / total }))
      .sort((one, other) => Number(one.key) - Number(other.key));
  });
}

const colour = {
  field: 'label',
  type: 'nominal',
  scale: { domain: ['genuine', 'fraud'], range: [COLOURS.genuine, COLOURS.fraud] },
  legend: { title: null, orient: 'top' },
} as const;
const share = { field: 'share', type: 'quantitative', axis: { title: 'share', format: '%' } } as const;

function lines(title: string, values: Bar[], x: object) {
  return {
    title,
    width: 360,
    height: 180,
    data: { values },
    mark: { type: 'line', interpolate: 'monotone', strokeWidth: 2 },
    encoding: { x: { field: 'key', type: 'quantitative', ...x }, y: share, color: colour },
  };
}

function categoryBars(histogram: Histogram) {
  const shown = Object.entries(histogram.genuine)
    .sort((one, other) => other[1] - one[1])
    .slice(0, MOST_CATEGORIES)
    .map(([name]) => name);
  return {
    title: 'Merchant categories',
    width: 360,
    height: { step: 16 },
    data: { values: toBars(histogram, String).filter(({ key }) => shown.includes(String(key))) },
    mark: 'bar',
    encoding: {
      y: { field: 'key', type: 'nominal', sort: shown, axis: { title: null } },
      yOffset: { field: 'label', sort: ['genuine', 'fraud'] },
      x: share,
      color: colour,
    },
  };
}

function typologyBars(byTypology: Counts) {
  return {
    title: 'Fraud by typology',
    width: 360,
    height: { step: 26 },
    data: { values: Object.entries(byTypology).map(([name, count]) => ({ name, count })) },
    mark: { type: 'bar', color: COLOURS.fraud },
    encoding: {
      y: { field: 'name', type: 'nominal', sort: '-x', axis: { title: null } },
      x: { field: 'count', type: 'quantitative', axis: { title: 'transactions', tickMinStep: 1 } },
    },
  };
}

/** Draws what was counted. @returns an SVG document */
export async function drawPicture(counts: SimulationCounts, title: string): Promise<string> {
  const { summary } = counts;
  const euro = { axis: { title: 'amount, euro' }, scale: { type: 'log' } };
  const hour = {
    axis: { title: 'hour of day at the merchant', values: [0, 6, 12, 18, 24] },
    scale: { domain: [0, 24] },
  };
  const specification = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    config: { font: 'sans-serif', view: { stroke: null }, axis: { grid: true, gridColor: '#eeeeee' } },
    title: {
      text: title,
      subtitle: `${summary.decided} decided transactions, ${summary.frauds} frauds (${(100 * summary.fraudRate).toFixed(2)} %)`,
    },
    columns: 2,
    spacing: 28,
    concat: [
      lines(
        'Amounts',
        toBars(counts.amounts, (key) => Math.exp(Number(key) * AMOUNT_STEP)),
        euro,
      ),
      lines('Hours', toBars(counts.hours, Number), hour),
      categoryBars(counts.categories),
      typologyBars(summary.byTypology),
    ],
    resolve: { scale: { color: 'shared' } },
  } as unknown as TopLevelSpec; // literal types widen on the way through the functions above; compile() checks it
  const view = new View(parse(compile(specification).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

// shared/report/draw-ranking.ts: pictures of one or several score columns: precision–recall, reliability, scores, money over time.
import type { Evaluation } from '../evaluation/evaluate.ts';
import { colours, drawSvg } from './draw-svg.ts';

/** Evaluations on the same rows, by what they are called in the picture. */
export type NamedEvaluations = Readonly<Record<string, Evaluation>>;

const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';
const DAY_MS = 86_400_000;
const WIDTH = 400;
const HEIGHT = 260;

/** One colour per method, in the order given; no legend for one alone. */
function methodColour(evaluations: NamedEvaluations) {
  const names = Object.keys(evaluations);
  return {
    field: 'method',
    type: 'nominal' as const,
    sort: names,
    scale: { domain: names, range: colours.series.slice(0, names.length) },
    legend: names.length > 1 ? {} : null,
  };
}

const each = <Row>(evaluations: NamedEvaluations, rowsOf: (evaluation: Evaluation) => readonly Row[]) =>
  Object.entries(evaluations).flatMap(([method, evaluation]) =>
    rowsOf(evaluation).map((row) => ({ method, ...row })),
  );

/** Precision over recall; the dashed line is the share of fraud, what chance reaches. */
export function drawPrecisionRecall(evaluations: NamedEvaluations): Promise<string> {
  const [first] = Object.values(evaluations);
  return drawSvg({
    $schema,
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: [{ rate: first.frauds / first.rows }] },
        mark: { type: 'rule', strokeDash: [4, 4], color: colours.muted },
        encoding: { y: { field: 'rate', type: 'quantitative' } },
      },
      {
        data: { values: each(evaluations, ({ precisionRecall }) => precisionRecall) },
        mark: { type: 'line', interpolate: 'step-before', strokeJoin: 'round' },
        encoding: {
          x: { field: 'recall', type: 'quantitative', scale: { domain: [0, 1] }, axis: { format: '.0%' } },
          y: {
            field: 'precision',
            type: 'quantitative',
            scale: { domain: [0, 1] },
            axis: { format: '.0%', title: 'precision' },
          },
          order: { field: 'recall', type: 'quantitative' },
          color: methodColour(evaluations),
        },
      },
    ],
  });
}

/** Fraud rate over mean score, both logarithmic; on the dashed line scores keep what they promise. Nothing without probabilities. */
export async function drawReliability(evaluations: NamedEvaluations): Promise<string | undefined> {
  const bins = each(evaluations, ({ calibration }) => calibration?.reliability ?? []);
  if (bins.length === 0) return undefined;
  const shown = bins
    .flatMap(({ meanScore, fraudRate }) => [meanScore, fraudRate])
    .filter((value) => value > 0);
  const floor = Math.max(1e-7, Math.min(...shown) / 3);
  const values = bins.map((bin) => ({
    ...bin,
    meanScore: Math.max(floor, bin.meanScore),
    fraudRate: Math.max(floor, bin.fraudRate),
    lower: Math.max(floor, bin.lower),
    upper: Math.max(floor, bin.upper),
  }));
  const axis = { format: '.1~p', labelOverlap: true, tickCount: 6 } as const;
  const scale = { type: 'log' as const, domain: [floor, 1] };
  const x = {
    field: 'meanScore',
    type: 'quantitative',
    scale,
    axis: { ...axis, title: 'mean score' },
  } as const;
  const yAxis = { ...axis, title: 'share of fraud' };
  const color = methodColour(evaluations);
  return drawSvg({
    $schema,
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: [floor, 1].map((value) => ({ value })) },
        mark: { type: 'line', strokeDash: [4, 4], color: colours.muted, strokeWidth: 1 },
        encoding: {
          x: { field: 'value', type: 'quantitative', scale },
          y: { field: 'value', type: 'quantitative', scale },
        },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: {
          x,
          y: { field: 'lower', type: 'quantitative', scale, axis: yAxis },
          y2: { field: 'upper' },
          color,
        },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 55, opacity: 1 },
        encoding: { x, y: { field: 'fraudRate', type: 'quantitative', scale, axis: yAxis }, color },
      },
    ],
  });
}

/** How scores of frauds and of genuine payments spread; each adds up to 100 %. */
export function drawScores({ histogram }: Evaluation): Promise<string> {
  const isOdds = histogram.scale === 'log10-odds';
  const values = histogram.bins.flatMap(({ from, to, genuine, fraud }) => [
    { at: (from + to) / 2, label: 'genuine', share: genuine },
    { at: (from + to) / 2, label: 'fraud', share: fraud },
  ]);
  return drawSvg({
    $schema,
    width: WIDTH,
    height: HEIGHT,
    data: { values },
    mark: { type: 'area', interpolate: 'step', opacity: 0.45, line: { strokeWidth: 1.5 } },
    encoding: {
      x: {
        field: 'at',
        type: 'quantitative',
        axis: isOdds
          ? { title: 'score', labelExpr: "format(1 / (1 + pow(10, -datum.value)), '.1~p')", grid: false }
          : { title: 'score', grid: false },
        scale: { zero: false },
      },
      y: {
        field: 'share',
        type: 'quantitative',
        stack: null,
        axis: { format: '.0%', title: 'share of rows' },
      },
      color: {
        field: 'label',
        type: 'nominal',
        scale: { domain: ['genuine', 'fraud'], range: [colours.genuine, colours.fraud] },
      },
    },
  });
}

/** Running sums per day: what reviews saved beside all that fraud took or tried to take. Frauds instead of money where there are no amounts. */
function runningSums(evaluation: Evaluation): { day: number; saved: number; all: number }[] {
  let saved = 0;
  let all = 0;
  return evaluation.days.map(({ day, review }) => {
    const { cost } = review;
    saved += cost ? cost.savedMinor / 100 : review.fraudsFound;
    all += cost ? (cost.savedMinor + cost.lostMinor) / 100 : review.fraudsFound + review.fraudsMissed;
    return { day: day * DAY_MS, saved, all };
  });
}

/** Gain over time. Amounts are shown in hundreds of minor units. */
export function drawGain(evaluations: NamedEvaluations): Promise<string> {
  const [first] = Object.values(evaluations);
  const title = first.review.cost ? 'amount, running sum' : 'frauds, running sum';
  const x = {
    field: 'day',
    type: 'temporal',
    timeUnit: 'utcyearmonthdate',
    axis: { title: null, grid: false },
  } as const;
  const axis = { title, format: '~s' };
  return drawSvg({
    $schema,
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: runningSums(first) },
        mark: {
          type: 'area',
          color: colours.genuine,
          opacity: 0.18,
          line: { color: colours.genuine, strokeWidth: 1 },
        },
        encoding: { x, y: { field: 'all', type: 'quantitative', axis } },
      },
      {
        data: { values: each(evaluations, runningSums) },
        mark: { type: 'line', strokeJoin: 'round' },
        encoding: { x, y: { field: 'saved', type: 'quantitative', axis }, color: methodColour(evaluations) },
      },
    ],
  });
}

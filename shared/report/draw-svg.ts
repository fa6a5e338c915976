// shared/report/draw-svg.ts: a vega-lite picture as SVG text, in the one look that all reports share.
import { parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

/** Told apart also by people who see red and green alike. */
export const colours = {
  ink: '#1c2733',
  muted: '#66748a',
  grid: '#e6eaf0',
  genuine: '#7a8ba3',
  fraud: '#c8402f',
  series: ['#1f5fa8', '#d9822b', '#3a8f5c', '#8a4fa3', '#b03a5b', '#5b6b7f', '#2a9d9d', '#a08420'],
} as const;

const font = 'system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

const config: Config = {
  font,
  background: 'transparent',
  view: { stroke: null },
  axis: {
    domainColor: '#b8c2cf',
    gridColor: colours.grid,
    tickColor: '#b8c2cf',
    labelColor: colours.muted,
    titleColor: colours.muted,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  legend: {
    labelColor: colours.ink,
    titleColor: colours.muted,
    labelFontSize: 11,
    titleFontSize: 11,
    orient: 'top',
    title: null,
  },
  header: { labelColor: colours.ink, titleColor: colours.muted, labelFontSize: 12, labelFontWeight: 600 },
  range: { category: [...colours.series] },
  line: { strokeWidth: 2 },
  bar: { color: colours.series[0] },
};

/** Draws a picture. Fonts are those of whoever looks at it. @returns an SVG element */
export async function drawSvg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec, { config }).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

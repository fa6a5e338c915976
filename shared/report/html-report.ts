// shared/report/html-report.ts: a report as one HTML file: headline figures, text, tables and SVG pictures; no scripts, nothing loaded from elsewhere.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Cells that are numbers are set right; texts left. */
export interface ReportTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Small print below. */
  readonly note?: string;
}

export interface ReportPicture {
  /** An SVG element, as `drawSvg` gives. */
  readonly svg: string;
  /** What is to be seen, in a sentence. */
  readonly caption?: string;
}

export interface ReportSection {
  readonly heading: string;
  /** Paragraphs, separated by an empty line. */
  readonly text?: string;
  readonly table?: ReportTable;
  /** One picture. */
  readonly svg?: string;
  /** Several, side by side where there is room. */
  readonly pictures?: readonly ReportPicture[];
}

/** A figure that stands large at the top. */
export interface HeadlineFigure {
  readonly label: string;
  readonly value: string;
  /** Interval or unit, small below the value. */
  readonly detail?: string;
}

export interface HtmlReport {
  readonly title: string;
  readonly subtitle?: string;
  readonly headlines?: readonly HeadlineFigure[];
  readonly sections: readonly ReportSection[];
  /** Last lines: from what the report was made. */
  readonly footer?: string;
}

const style = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#f4f6f9;color:#1c2733;font:15px/1.5 system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;line-height:1.25;margin:0 0 4px}
h2{font-size:17px;margin:0 0 12px}
p{margin:0 0 12px;max-width:80ch}
.subtitle{color:#66748a;margin-bottom:24px}
.headlines{display:flex;flex-wrap:wrap;gap:12px;margin-bottom:20px}
.headlines div{background:#fff;border:1px solid #e1e6ed;border-radius:8px;padding:12px 16px;min-width:140px;flex:1 1 140px}
.headlines dt{color:#66748a;font-size:12px}
.headlines dd{margin:0}
.headlines .value{font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
.headlines .detail{color:#66748a;font-size:12px;font-variant-numeric:tabular-nums}
section{background:#fff;border:1px solid #e1e6ed;border-radius:8px;padding:20px 24px;margin-bottom:16px;overflow-x:auto}
.pictures{display:flex;flex-wrap:wrap;gap:24px}
figure{margin:0 0 8px}
figure svg{max-width:100%;height:auto;display:block}
figcaption{color:#66748a;font-size:12.5px;margin-top:6px;max-width:64ch}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;margin:4px 0 8px}
th{text-align:left;color:#66748a;font-weight:500;border-bottom:1px solid #cfd7e1;padding:5px 18px 5px 0;vertical-align:bottom}
td{border-bottom:1px solid #edf0f4;padding:5px 18px 5px 0;vertical-align:top}
.number{text-align:right}
.note,footer{color:#66748a;font-size:12.5px}
footer{overflow-wrap:anywhere}
@media print{body{background:#fff}section,.headlines div{break-inside:avoid}}
`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeText = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);

/** A number as people read it: three significant digits below 1,000, separators above. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1_000) return Math.round(value).toLocaleString('en');
  return size >= 0.1 ? String(Number(value.toPrecision(3))) : formatSmall(value);
}

function formatSmall(value: number): string {
  return Math.abs(value) >= 1e-4 ? value.toFixed(4).replace(/0+$/, '') : value.toExponential(1);
}

/** Some of it is a number: the column is one of numbers, dashes for missing ones included. */
function isNumeric(rows: ReportTable['rows'], column: number): boolean {
  return rows.some((row) => typeof row[column] === 'number');
}

function tableToHtml({ columns, rows, note }: ReportTable): string {
  const numeric = columns.map((_, column) => isNumeric(rows, column));
  const cell = (tag: string, column: number, text: string) =>
    `<${tag}${numeric[column] ? ' class="number"' : ''}>${escapeText(text)}</${tag}>`;
  const head = columns.map((name, column) => cell('th', column, name)).join('');
  const body = rows.map(
    (row) =>
      `<tr>${row.map((value, column) => cell('td', column, typeof value === 'number' ? formatNumber(value) : value)).join('')}</tr>`,
  );
  const small = note === undefined ? '' : `<p class="note">${escapeText(note)}</p>`;
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>${small}`;
}

function pictureToHtml({ svg, caption }: ReportPicture): string {
  const words = caption === undefined ? '' : `<figcaption>${escapeText(caption)}</figcaption>`;
  return `<figure>${svg}${words}</figure>`;
}

function sectionToHtml({ heading, text, table, svg, pictures = [] }: ReportSection): string {
  const paragraphs = (text ?? '').split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '');
  const shown = svg === undefined ? pictures : [{ svg }, ...pictures];
  return [
    `<section><h2>${escapeText(heading)}</h2>`,
    ...paragraphs.map((paragraph) => `<p>${escapeText(paragraph)}</p>`),
    shown.length > 0 ? `<div class="pictures">${shown.map(pictureToHtml).join('\n')}</div>` : '',
    table ? tableToHtml(table) : '',
    '</section>',
  ].join('\n');
}

function headlineToHtml({ label, value, detail }: HeadlineFigure): string {
  const small = detail === undefined ? '' : `<dd class="detail">${escapeText(detail)}</dd>`;
  return `<div><dt>${escapeText(label)}</dt><dd class="value">${escapeText(value)}</dd>${small}</div>`;
}

/** The whole document. Texts are escaped; pictures are put in as they are, so they must come from `drawSvg`. */
export function toHtml({ title, subtitle, headlines = [], sections, footer }: HtmlReport): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${escapeText(title)}</title><style>${style}</style></head><body><main>`,
    `<h1>${escapeText(title)}</h1>`,
    `<p class="subtitle">${escapeText(subtitle ?? '')}</p>`,
    headlines.length > 0 ? `<dl class="headlines">${headlines.map(headlineToHtml).join('')}</dl>` : '',
    ...sections.map(sectionToHtml),
    footer === undefined ? '' : `<footer>${escapeText(footer)}</footer>`,
    '</main></body></html>',
    '',
  ].join('\n');
}

/** Writes the report; folders are made when they are not there, and nobody sees half a file. */
export function writeHtmlReport(path: string, report: HtmlReport): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, toHtml(report));
  renameSync(`${path}.part`, path);
}

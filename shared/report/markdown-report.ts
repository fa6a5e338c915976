// shared/report/markdown-report.ts: a report as Markdown with its pictures as files beside it.
import {
  formatNumber,
  type HtmlReport,
  type ReportPicture,
  type ReportSection,
  type ReportTable,
} from './html-report.ts';

export interface MarkdownReport {
  readonly text: string;
  /** SVG documents by file name, as the text refers to them. */
  readonly pictures: ReadonlyMap<string, string>;
}

/** A bar would end the cell, a line break the row. */
const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');

function tableToMarkdown({ columns, rows, note }: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  const toText = (cell: string | number) => (typeof cell === 'number' ? formatNumber(cell) : cell);
  const lines = [
    line(columns),
    `|${columns.map(() => '---').join('|')}|`,
    ...rows.map((row) => line(row.map(toText))),
  ];
  return note === undefined ? lines.join('\n') : `${lines.join('\n')}\n\n${note}`;
}

/** `precision–recall, all` → `precision-recall-all` */
const toFileName = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/**
 * The same report as `toHtml` writes.
 * @param prefix begins the name of every picture's file
 */
export function toMarkdown(report: HtmlReport, prefix: string): MarkdownReport {
  const pictures = new Map<string, string>();
  const addPicture = ({ svg, caption = '' }: ReportPicture, heading: string): string => {
    const stem = `${prefix}-${toFileName(heading)}`;
    let name = `${stem}.svg`;
    for (let number = 2; pictures.has(name); number++) name = `${stem}-${number}.svg`;
    pictures.set(name, `${svg}\n`);
    return `![${heading}](${name})${caption === '' ? '' : `\n\n*${caption}*`}`;
  };
  const sectionToMarkdown = ({
    heading,
    text,
    table,
    svg,
    pictures: shown = [],
  }: ReportSection): string[] => [
    `## ${heading}`,
    ...(text ? [text] : []),
    ...(svg === undefined ? shown : [{ svg }, ...shown]).map((picture) => addPicture(picture, heading)),
    ...(table ? [tableToMarkdown(table)] : []),
  ];
  const headlines = (report.headlines ?? []).map(({ label, value, detail }) => [label, value, detail ?? '']);
  const parts = [
    `# ${report.title}`,
    ...(report.subtitle ? [report.subtitle] : []),
    ...(headlines.length > 0 ? [tableToMarkdown({ columns: ['', '', ''], rows: headlines })] : []),
    ...report.sections.flatMap(sectionToMarkdown),
    ...(report.footer ? [report.footer] : []),
  ];
  return { text: `${parts.join('\n\n')}\n`, pictures };
}

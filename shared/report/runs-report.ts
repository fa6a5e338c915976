// shared/report/runs-report.ts: several runs side by side: figures that they share, options in which they differ, a picture.
import type { RunRecord } from '../evaluation/run-record.ts';
import { drawIntervals } from './draw-intervals.ts';
import { formatNumber, writeHtmlReport } from './html-report.ts';

export interface RunComparison {
  readonly columns: readonly string[];
  /** One row per figure or option, one cell per run; a dash where a run has none. */
  readonly rows: readonly (readonly string[])[];
}

const toText = (value: unknown): string =>
  value === undefined || value === null
    ? '–'
    : typeof value === 'number'
      ? formatNumber(value)
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);

/** Names of all records' entries, in order of first appearance. */
function namesOf(parts: readonly object[]): string[] {
  return [...new Set(parts.flatMap((part) => Object.keys(part)))];
}

/** Every metric, then the options and inputs in which the runs differ. */
export function compareRuns(records: readonly RunRecord[]): RunComparison {
  const rowsOf = (pick: (record: RunRecord) => Readonly<Record<string, unknown>>, prefix: string) =>
    namesOf(records.map(pick)).map((name) => [
      prefix + name,
      ...records.map((record) => toText(pick(record)[name])),
    ]);
  const differs = ([, ...cells]: readonly string[]) => new Set(cells).size > 1;
  return {
    columns: ['', ...records.map(({ id }) => id)],
    rows: [
      ['kind', ...records.map(({ kind }) => kind)],
      ...rowsOf(({ metrics }) => metrics, ''),
      ...rowsOf(({ config }) => config, 'option ').filter(differs),
      ...rowsOf(({ inputs }) => inputs, 'input ').filter(differs),
    ],
  };
}

/** The comparison as a page: average precision of each run with its interval, where the runs give one. */
export async function writeRunsReport(path: string, records: readonly RunRecord[]): Promise<void> {
  const table = compareRuns(records);
  const points = records.flatMap(({ id, metrics }) => {
    const { averagePrecision } = metrics;
    if (typeof averagePrecision !== 'number') return [];
    const bound = (name: string) => metrics[`averagePrecision.${name}`] ?? Number.NaN;
    return [{ name: id, value: averagePrecision, lower: bound('lower'), upper: bound('upper') }];
  });
  const svg = points.length > 0 ? await drawIntervals(points, { title: 'average precision' }) : undefined;
  writeHtmlReport(path, {
    title: `${records.length} runs side by side`,
    subtitle: `${records[0]?.startedAt.slice(0, 16)} … ${records.at(-1)?.startedAt.slice(0, 16)}`,
    sections: [
      {
        heading: 'Average precision',
        text: 'Runs on different rows cannot be told apart by their intervals; on the same rows compare them with fraudctl evaluate, which pairs them.',
        ...(svg !== undefined && { svg }),
      },
      { heading: 'Figures, and what differs', table },
    ],
  });
}

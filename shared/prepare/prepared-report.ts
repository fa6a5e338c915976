// shared/prepare/prepared-report.ts: the data report as one HTML page: counts, leaks, fraud by week and segment, label delay, fields.

import { wilsonInterval } from '../evaluation/calibration.ts';
import type { DataReport } from '../replay/data-report.ts';
import { drawIntervals } from '../report/draw-intervals.ts';
import { colours, drawSvg } from '../report/draw-svg.ts';
import { formatNumber, type HtmlReport, type ReportSection } from '../report/html-report.ts';
import type { DataFacts, FraudRate } from './measure-data.ts';
import type { PreparedManifest } from './prepared-folder.ts';

const $schema = 'https://vega.github.io/schema/vega-lite/v6.json';
const percent = (share: number): string => `${formatNumber(100 * share)} %`;

/** Rows per week as bars, the fraud rate as a line. */
function drawWeeks(weeks: readonly FraudRate[]): Promise<string> {
  const values = weeks.map(({ name, rows, frauds }) => ({ week: name, rows, rate: frauds / rows }));
  const padding = 280 / values.length;
  const x = {
    field: 'week',
    type: 'temporal',
    scale: { type: 'utc', padding },
    axis: { title: 'week of', format: '%d %b', grid: false, tickCount: 8 },
  } as const;
  return drawSvg({
    $schema,
    width: 560,
    height: 220,
    data: { values },
    layer: [
      {
        mark: { type: 'bar', color: colours.genuine, opacity: 0.35, width: (0.8 * 520) / values.length },
        encoding: {
          x: x,
          y: { field: 'rows', type: 'quantitative', axis: { title: 'transactions per week', format: '~s' } },
        },
      },
      {
        mark: { type: 'line', color: colours.fraud, point: { filled: true, color: colours.fraud } },
        encoding: {
          x: x,
          y: {
            field: 'rate',
            type: 'quantitative',
            axis: { title: 'fraud rate', format: '.2~%', grid: false },
            scale: { zero: true },
          },
        },
      },
    ],
    resolve: { scale: { y: 'independent' } },
  });
}

async function segmentSection(name: string, rates: readonly FraudRate[]): Promise<ReportSection> {
  const rows = rates.map(({ name: segment, rows: count, frauds }) => {
    const interval = wilsonInterval(frauds / count, count);
    return {
      name: segment,
      value: (100 * frauds) / count,
      lower: 100 * interval.lower,
      upper: 100 * interval.upper,
    };
  });
  return {
    heading: `Fraud by ${name}`,
    pictures: [{ svg: await drawIntervals(rows, { title: 'fraud rate, %' }) }],
    table: {
      columns: [name, 'rows', 'frauds', 'fraud rate'],
      rows: rates.map((rate) => [rate.name, rate.rows, rate.frauds, percent(rate.frauds / rate.rows)]),
    },
  };
}

function leakSection({ columns }: DataFacts): ReportSection {
  const suspects = columns.filter(({ isSuspect }) => isSuspect);
  const names = suspects.map(
    ({ column, isMapped }) => `${column}${isMapped ? ' (used by the mapping!)' : ''}`,
  );
  return {
    heading: 'Columns that may know the label',
    text:
      suspects.length > 0
        ? `Suspect: ${names.join(', ')}. A column that ranks fraud this well alone was most likely filled in after the label was known. Leave it out of the mapping, or find out when it is written.`
        : 'No column tells fraud from genuine with an AUC above .99 alone.',
    table: {
      columns: ['column', 'AUC alone', 'used by the mapping'],
      rows: columns.map(({ column, areaUnderCurve, isMapped }) => [
        column,
        areaUnderCurve,
        isMapped ? 'yes' : 'no',
      ]),
      note: 'Numbers by their size, texts by the fraud rate that their value has in the other half of the rows.',
    },
  };
}

function fieldSection(report: DataReport, file: string): ReportSection {
  const refusals = Object.entries(report.refusedBecause).map(
    ([reason, rows]) => `${formatNumber(rows)} × ${reason}`,
  );
  return {
    heading: `Fields of ${file}`,
    text: `${formatNumber(report.rows)} rows, ${formatNumber(report.refused)} refused${refusals.length > 0 ? `: ${refusals.join('; ')}` : ''}.${report.unusedColumns.length > 0 ? ` Columns neither used nor ignored: ${report.unusedColumns.join(', ')}.` : ''}`,
    table: {
      columns: ['field', 'missing', 'values'],
      rows: Object.entries(report.fields).map(([name, field]) => [
        name,
        percent(field.missingRate),
        field.minimum === undefined
          ? (field.values?.join(', ') ?? `${field.distinct} different`)
          : `${formatNumber(field.minimum)} … ${formatNumber(field.maximum ?? Number.NaN)}`,
      ]),
    },
  };
}

/** The page. @param fields one per source file */
export async function preparedReport(
  manifest: PreparedManifest,
  facts: DataFacts,
  fields: readonly DataReport[],
): Promise<HtmlReport> {
  const { transactions, frauds, sources } = manifest;
  const refused = fields.reduce((sum, report) => sum + report.refused, 0);
  const delays = facts.labelDelay.map(({ days, share }) => [days, percent(share)] as const);
  return {
    title: `Data report: ${manifest.mapping.name}`,
    subtitle: `${sources.map(({ file }) => file).join(', ')} · ${manifest.firstEventTime?.slice(0, 10)} … ${manifest.lastEventTime?.slice(0, 10)}`,
    headlines: [
      {
        label: 'transactions',
        value: formatNumber(transactions),
        detail: `${formatNumber(refused)} rows refused`,
      },
      { label: 'frauds', value: formatNumber(frauds), detail: percent(frauds / transactions) },
      {
        label: 'repeated ids',
        value: formatNumber(facts.repeatedIds),
        detail: `${formatNumber(facts.sameCardAmountTime)} rows alike in card, amount and instant`,
      },
      {
        label: 'late rows',
        value: formatNumber(facts.lateRows),
        detail: `at most ${formatNumber(facts.mostLateHours)} h`,
      },
      {
        label: 'suspect columns',
        value: formatNumber(facts.columns.filter(({ isSuspect }) => isSuspect).length),
      },
    ],
    sections: [
      leakSection(facts),
      {
        heading: 'Weeks',
        pictures: [
          {
            svg: await drawWeeks(facts.weeks),
            caption: 'Bars: transactions. Line: fraud rate. The first and last week may be cut.',
          },
        ],
      },
      ...(await Promise.all(
        Object.entries(facts.segments).map(([name, rates]) => segmentSection(name, rates)),
      )),
      {
        heading: 'Label delay',
        text: 'Share of the frauds that are known so many days after the payment. A mapping gives one delay for all.',
        table: { columns: ['days', 'known'], rows: delays },
      },
      ...fields.map((report, at) => fieldSection(report, sources[at]?.file ?? '')),
    ],
    footer:
      'Rows are in transactions.parquet, labels with the time they became known in labels.parquet, these figures in report.json.',
  };
}

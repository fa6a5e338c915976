// shared/replay/print-report.ts: the data report as text for a terminal.
import type { DataReport, FieldReport } from './data-report.ts';

/** A few lines for people; `--json` gives the same facts to programs. */
export function formatReport(report: DataReport): string {
  const { rows, transactions, refused, firstEventTime, lastEventTime, labels, outcomes } = report;
  const count = (value: number) => value.toLocaleString('en');
  const lines = [
    `rows          ${count(rows)}: ${count(transactions)} transactions, ${count(refused)} refused`,
    `event time    ${firstEventTime ?? 'none'} … ${lastEventTime ?? 'none'}`,
    `labels        ${count(labels.fraud)} fraud, ${count(labels.genuine)} genuine, ${count(labels.unlabelled)} without`,
    `outcomes      ${count(outcomes)} sent, ${count(report.outcomesNotYetKnown)} known only after the end`,
  ];
  for (const [reason, times] of Object.entries(report.refusedBecause).sort((a, b) => b[1] - a[1]))
    lines.push(`refused       ${count(times)} × ${reason}`);
  if (report.unusedColumns.length > 0) lines.push(`unused        ${report.unusedColumns.join(', ')}`);
  const width = Math.max(0, ...Object.keys(report.fields).map((name) => name.length));
  for (const [name, field] of Object.entries(report.fields))
    lines.push(
      `${name.padEnd(width)}  missing ${(field.missingRate * 100).toFixed(1).padStart(5)} %  ${describe(field)}`,
    );
  return lines.join('\n');
}

function describe({ minimum, maximum, distinct, values }: FieldReport): string {
  if (minimum !== undefined) return `${minimum} … ${maximum}`;
  return values ? values.join(', ') : `${distinct} different values`;
}

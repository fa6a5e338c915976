// infra/local/summary.ts: what a demonstration came to, for people and as JSON.
import type { AuditReport } from '../../shared/kafka/audit.ts';
import type { Champion } from '../../shared/scoring/champion.ts';
import type { Observer } from './observer.ts';
import type { TrafficRun } from './run-traffic.ts';

/** Counts come from the audit (topics alone), latencies and precision from the observer. */
export interface Summary {
  readonly transactions: number;
  readonly decisions: number;
  readonly applied: number;
  readonly alerts: number;
  readonly deadLetters: number;
  readonly redelivered: number;
  readonly conserved: boolean;
  /** Transactions per second of traffic. */
  readonly perSecond: number;
  /** From sending a transaction to sending its decision. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** From the command, set-up included. */
  readonly secondsToFirstAlert: number | null;
  readonly encoder: { readonly version: string; readonly provider: string };
  readonly modelVersion: string;
  /** Of all decisions against what the simulator (or the file) knows; null without a fraud. */
  readonly averagePrecision: number | null;
  readonly frauds: number;
}

export function toSummary(parts: {
  readonly observer: Observer;
  readonly audit: AuditReport;
  readonly run: TrafficRun;
  readonly startedAtMs: number;
  readonly champion: Champion;
}): Summary {
  const { observer, audit, run, startedAtMs, champion } = parts;
  const { firstAlertAtMs, latencyMs, sent, frauds } = observer.observed();
  const { manifest } = champion;
  const { transactions, decisions, applied, alerts, deadLetters, redelivered, conserved } = audit;
  const round = (value: number, places: number) => Number(value.toFixed(places));
  return {
    transactions,
    decisions,
    applied,
    alerts,
    deadLetters,
    redelivered,
    conserved,
    perSecond: round(sent / Math.max(0.001, (run.untilMs - run.fromMs) / 1000), 1),
    latencyMs,
    secondsToFirstAlert:
      firstAlertAtMs === undefined ? null : round((firstAlertAtMs - startedAtMs) / 1000, 1),
    encoder: { version: manifest.encoder.version, provider: run.provider },
    modelVersion: manifest.modelVersion,
    averagePrecision: round(observer.precision() ?? Number.NaN, 4) || null,
    frauds,
  };
}

/** The counts on standard output, one per line. */
export function printCounts(summary: Summary): void {
  const { latencyMs, encoder, ...plain } = summary;
  const lines = Object.entries({
    ...plain,
    'latency p50 / p99': `${latencyMs.p50} / ${latencyMs.p99} ms`,
    encoder: `${encoder.version} on ${encoder.provider}`,
  });
  process.stdout.write(`\n${lines.map(([name, value]) => `${name.padEnd(22)}${value}`).join('\n')}\n`);
}

// services/retrainer/metrics.ts: what the retrainer did, when it will next, and how far the traffic has drifted.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DriftStatus } from '../../shared/drift/judge-drift.ts';

export interface RetrainerServiceMetrics {
  readonly registry: Registry;
  readonly jobs: Counter<'cause' | 'outcome'>;
  readonly jobSeconds: Histogram;
  readonly running: Gauge;
  readonly lastFinished: Gauge;
  readonly nextScheduled: Gauge;
  readonly drifts: Gauge<'decision'>;
  readonly driftDeviations: Gauge<'source'>;
  readonly driftLimit: Gauge<'source'>;
  readonly expected: Gauge<'figure'>;
}

function createJobMetrics(registers: Registry[]) {
  return {
    jobs: new Counter({
      name: 'fraud_retrain_jobs_total',
      help: 'Retrainings that ended, by what began them and what came of them.',
      labelNames: ['cause', 'outcome'],
      registers,
    }),
    jobSeconds: new Histogram({
      name: 'fraud_retrain_job_seconds',
      help: 'How long a retraining took.',
      buckets: [10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400],
      registers,
    }),
    running: new Gauge({
      name: 'fraud_retrain_running',
      help: '1 while this replica runs a retraining.',
      registers,
    }),
    lastFinished: new Gauge({
      name: 'fraud_retrain_last_finished_timestamp_seconds',
      help: 'When this replica last ended a retraining, whatever came of it.',
      registers,
    }),
    nextScheduled: new Gauge({
      name: 'fraud_retrain_next_scheduled_timestamp_seconds',
      help: 'The next instant of the schedule, without jitter; 0 where there is none.',
      registers,
    }),
  };
}

export function createRetrainerServiceMetrics(): RetrainerServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    ...createJobMetrics(registers),
    drifts: new Gauge({
      name: 'fraud_drift_info',
      help: '1 for the present judgement: unknown, quiet, watch or drift.',
      labelNames: ['decision'],
      registers,
    }),
    driftDeviations: new Gauge({
      name: 'fraud_drift_deviations',
      help: 'How far each source lies from the reference, in standard deviations of quiet windows.',
      labelNames: ['source'],
      registers,
    }),
    driftLimit: new Gauge({
      name: 'fraud_drift_limit',
      help: 'From where a source is no longer quiet.',
      labelNames: ['source'],
      registers,
    }),
    expected: new Gauge({
      name: 'fraud_expected_share',
      help: 'What calibrated scores promise without labels: precision and recall of alerts, rates of alerts and of fraud.',
      labelNames: ['figure'],
      registers,
    }),
  };
}

/** Shows a judgement; figures of the one before that it does not have are gone. */
export function showDrift(metrics: RetrainerServiceMetrics, { decision, latest }: DriftStatus): void {
  for (const gauge of [metrics.drifts, metrics.driftDeviations, metrics.driftLimit, metrics.expected]) {
    gauge.reset();
  }
  metrics.drifts.set({ decision }, 1);
  for (const { source, deviations, limit } of latest?.sources ?? []) {
    metrics.driftDeviations.set({ source }, Math.abs(deviations));
    metrics.driftLimit.set({ source }, limit);
  }
  for (const [figure, value] of Object.entries(latest?.estimate ?? {})) {
    if (typeof value === 'number') metrics.expected.set({ figure }, value);
  }
}

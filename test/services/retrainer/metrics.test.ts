// test/services/retrainer/metrics.test.ts: what the metrics say of drift is the latest judgement, and nothing of the one before.
import { expect, test } from 'vitest';
import { createRetrainerServiceMetrics, showDrift } from '../../../services/retrainer/metrics.ts';
import type { DriftStatus } from '../../../shared/drift/judge-drift.ts';

const drifted: DriftStatus = {
  decision: 'drift',
  day: 20_000,
  cause: undefined,
  latest: {
    rows: 700,
    cardDays: 700,
    sources: [{ source: 'score', deviations: -9, limit: 4.5, exceeds: true, columns: ['score-log-odds'] }],
    columns: [],
    estimate: { precision: 0.5, recall: undefined, alertRate: 0.01, fraudRate: 0.001 },
  },
};

test('figures of a judgement are gone with it', async () => {
  const metrics = createRetrainerServiceMetrics();
  const told = async () =>
    (await metrics.registry.metrics()).split('\n').filter((line) => /^fraud_(drift|expected)/.test(line));
  showDrift(metrics, drifted);
  expect(await told()).toEqual([
    'fraud_drift_info{decision="drift"} 1',
    'fraud_drift_deviations{source="score"} 9',
    'fraud_drift_limit{source="score"} 4.5',
    'fraud_expected_share{figure="precision"} 0.5',
    'fraud_expected_share{figure="alertRate"} 0.01',
    'fraud_expected_share{figure="fraudRate"} 0.001',
  ]);
  showDrift(metrics, { decision: 'unknown', day: undefined, cause: undefined, latest: undefined });
  expect(await told()).toEqual(['fraud_drift_info{decision="unknown"} 1']);
});

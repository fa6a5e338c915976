// shared/drift/estimate-performance.ts: precision and recall without a label: what calibrated scores promise of the alerts they raised.
import type { DayCounts } from './day-counts.ts';

/** Holds as long as the calibration does; a score that drifts away from the truth promises what it does not keep. Undefined: no alert, or no fraud expected. */
export interface PerformanceEstimate {
  /** Expected share of frauds among the alerts. */
  readonly precision: number | undefined;
  /** Expected share of all frauds that alerted. */
  readonly recall: number | undefined;
  /** Alerts per decided transaction. */
  readonly alertRate: number;
  /** Expected frauds per decided transaction. */
  readonly fraudRate: number;
}

const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

export function estimatePerformance(counts: DayCounts): PerformanceEstimate {
  const { rows, alerts, expectedFrauds, expectedAlertedFrauds } = counts;
  return {
    precision: ratio(expectedAlertedFrauds, alerts),
    recall: ratio(expectedAlertedFrauds, expectedFrauds),
    alertRate: ratio(alerts, rows) ?? 0,
    fraudRate: ratio(expectedFrauds, rows) ?? 0,
  };
}

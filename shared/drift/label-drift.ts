// shared/drift/label-drift.ts: once labels come: is the rate of fraud, or the precision of alerts, still what it was?

/** Labelled transactions of a window, as they are known. */
export interface LabelCounts {
  readonly rows: number;
  readonly frauds: number;
  readonly alerts: number;
  readonly alertedFrauds: number;
}

/** One share of two windows with the difference in standard deviations of chance; the sign says which way. */
export interface ShareChange {
  readonly before: number;
  readonly now: number;
  readonly deviations: number;
}

export interface LabelDrift {
  readonly fraudRate: ShareChange;
  readonly alertPrecision: ShareChange;
}

/** Two-proportion z with pooled share (Agresti, Categorical Data Analysis, 3rd ed., 3.1); 0 where either side has no rows. */
function compareShares(
  [hitsBefore, before]: readonly [number, number],
  [hitsNow, now]: readonly [number, number],
): ShareChange {
  const shares = { before: before > 0 ? hitsBefore / before : 0, now: now > 0 ? hitsNow / now : 0 };
  if (before === 0 || now === 0) return { ...shares, deviations: 0 };
  const pooled = (hitsBefore + hitsNow) / (before + now);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / now));
  return { ...shares, deviations: error > 0 ? (shares.now - shares.before) / error : 0 };
}

/** Both windows must be equally mature, or the later one looks cleaner than it is. */
export function measureLabelDrift(before: LabelCounts, now: LabelCounts): LabelDrift {
  return {
    fraudRate: compareShares([before.frauds, before.rows], [now.frauds, now.rows]),
    alertPrecision: compareShares([before.alertedFrauds, before.alerts], [now.alertedFrauds, now.alerts]),
  };
}

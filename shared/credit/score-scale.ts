// shared/credit/score-scale.ts: probability of default ↔ points from 300 to 850, higher = safer, by log odds.

export const SCORE_RANGE = { lowest: 300, highest: 850 } as const;
/** Base: 650 points at odds of 20 paying to 1 defaulting (4.8 %); every 40 points double the odds. Our own scale, no bureau's. */
export const SCORE_SCALE = { basePoints: 650, baseOdds: 20, pointsToDoubleOdds: 40 } as const;

/** Whole points, 300 … 850; never rises when the probability rises. */
export function toCreditScore(probabilityOfDefault: number): number {
  const { basePoints, baseOdds, pointsToDoubleOdds } = SCORE_SCALE;
  const probability = Math.min(1 - 1e-9, Math.max(1e-9, probabilityOfDefault));
  const odds = (1 - probability) / probability;
  const points = basePoints + pointsToDoubleOdds * Math.log2(odds / baseOdds);
  return Math.round(Math.max(SCORE_RANGE.lowest, Math.min(SCORE_RANGE.highest, points)));
}

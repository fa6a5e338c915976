// services/retrainer/gates/calibrated.ts: what the scores promise is what came: in the mean, and no worse a Brier score than the champion's.
import { type PromotionGate, show } from './gate.ts';

/** Promised fraud may be off by this factor, beside the noise of few frauds. */
const FACTOR = 1.6;
/** The Brier score may be worse by this share. */
const BRIER_SHARE = 0.05;

export const calibratedGate: PromotionGate = {
  name: 'calibrated',
  judge: ({ challenger, champion }) => {
    const own = challenger.calibration;
    if (!own) return { passed: false, sentence: 'Its scores are no probabilities.', figures: {} };
    // Two standard errors of a count.
    const limit = FACTOR + 2 / Math.sqrt(Math.max(1, challenger.frauds));
    const ratio = own.promisedToObserved;
    const brierLimit = (champion.calibration?.brier ?? Number.POSITIVE_INFINITY) * (1 + BRIER_SHARE);
    const isRight = ratio <= limit && ratio >= 1 / limit;
    return {
      passed: isRight && own.brier <= brierLimit,
      sentence: `Promised ${show(ratio)} times the fraud that came (limit ${show(limit)}); Brier ${show(own.brier)} (limit ${show(brierLimit)}).`,
      figures: {
        promisedToObserved: ratio,
        limit,
        brier: own.brier,
        expectedCalibrationError: own.expectedCalibrationError,
        ...(Number.isFinite(brierLimit) && { brierLimit }),
      },
    };
  },
};

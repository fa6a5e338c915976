// services/retrainer/gates/golden-rows.ts: known rows, one by one and together, give numbers, and the same ones.
import { type PromotionGate, show } from './gate.ts';

const TOLERANCE = 1e-4;

export const goldenRowsGate: PromotionGate = {
  name: 'golden-rows',
  judge: ({ golden: { rows, largestDifference, notFinite } }) => ({
    passed: rows > 0 && notFinite === 0 && largestDifference <= TOLERANCE,
    sentence: `${rows} rows: ${notFinite} without a number, one by one against together ${show(largestDifference)} apart (at most ${TOLERANCE}).`,
    figures: { rows, notFinite, largestDifference },
  }),
};

// services/retrainer/gates/parity.ts: what ONNX Runtime serves is what was trained.
import { type PromotionGate, show } from './gate.ts';

const TOLERANCE = 1e-3;

export const parityGate: PromotionGate = {
  name: 'onnx-parity',
  judge: ({ parity: { rows, largestDifference } }) => ({
    passed: rows > 0 && largestDifference <= TOLERANCE,
    sentence: `Largest difference of raw scores over ${rows} rows ${show(largestDifference)} (at most ${TOLERANCE}).`,
    figures: { rows, largestDifference },
  }),
};

// services/retrainer/gates/enough-labels.ts: what was learnt from, and judged by, must be more than chance.
import { type PromotionGate, show } from './gate.ts';

export interface LeastFrauds {
  readonly training: number;
  readonly calibration: number;
  readonly test: number;
}
export const defaultLeastFrauds: LeastFrauds = { training: 50, calibration: 15, test: 25 };

export function createEnoughLabelsGate(least: LeastFrauds = defaultLeastFrauds): PromotionGate {
  return {
    name: 'enough-labels',
    judge: ({ windows }) => {
      const short = (['training', 'calibration', 'test'] as const).filter(
        (name) => windows[name].frauds < least[name],
      );
      const counts = (['training', 'calibration', 'test'] as const).map(
        (name) => `${name} ${show(windows[name].frauds)} of ${least[name]}`,
      );
      return {
        passed: short.length === 0,
        sentence: `Known frauds: ${counts.join(', ')}.`,
        figures: {
          training: windows.training.frauds,
          calibration: windows.calibration.frauds,
          test: windows.test.frauds,
        },
      };
    },
  };
}

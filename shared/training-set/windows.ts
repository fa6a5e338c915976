// shared/training-set/windows.ts: training | calibration | test in time order, the label delay between them, no label from the future.
import { AppError } from '../errors.ts';

export const windowNames = ['training', 'calibration', 'test'] as const;
export type WindowName = (typeof windowNames)[number];

/** Rows whose event time lies in [fromMs, untilMs), with labels as they were known at asOfMs. */
export interface LabelWindow {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly asOfMs: number;
}
export type LabelWindows = Readonly<Record<WindowName, LabelWindow>>;

export interface WindowPlan {
  /** The instant the set is made for: nothing that became known later exists. */
  readonly cut: Date;
  /** How long a label takes: what is unlabelled for so long counts as genuine. */
  readonly labelDelayDays: number;
  readonly trainingDays: number;
  readonly calibrationDays: number;
  readonly testDays: number;
}

const DAY_MS = 86_400_000;

/**
 * The three windows that end at a cut. Each is judged by what was known when the next one began (the last: at the cut). Calibration and
 * test hold mature rows alone; training reaches up to its own instant, where only what is known to be fraud already counts.
 */
export function planWindows(plan: WindowPlan): LabelWindows {
  const cutMs = plan.cut.getTime();
  const delayMs = plan.labelDelayDays * DAY_MS;
  const testUntil = cutMs - delayMs;
  const testFrom = testUntil - plan.testDays * DAY_MS;
  const calibrationUntil = testFrom - delayMs;
  const calibrationFrom = calibrationUntil - plan.calibrationDays * DAY_MS;
  return {
    training: {
      fromMs: calibrationFrom - delayMs - plan.trainingDays * DAY_MS,
      untilMs: calibrationFrom,
      asOfMs: calibrationFrom,
    },
    calibration: { fromMs: calibrationFrom, untilMs: calibrationUntil, asOfMs: testFrom },
    test: { fromMs: testFrom, untilMs: testUntil, asOfMs: cutMs },
  };
}

/**
 * @throws AppError FRAUD_TRAINING_SET_FUTURE when a label is asked for that was known after the cut, or a window is trained on labels
 * from after the next one began; FRAUD_INPUT_INVALID when windows overlap or are empty
 */
export function checkWindows(windows: LabelWindows, cut: Date): void {
  const cutMs = cut.getTime();
  let earliestMs = Number.NEGATIVE_INFINITY;
  for (const [index, name] of windowNames.entries()) {
    const { fromMs, untilMs, asOfMs } = windows[name];
    if (!(fromMs < untilMs) || fromMs < earliestMs) {
      throw new AppError('FRAUD_INPUT_INVALID', {
        field: name,
        detail: 'Expected windows in time order, none of them empty.',
      });
    }
    const next = windowNames[index + 1];
    const limitMs = Math.min(cutMs, next ? windows[next].fromMs : cutMs);
    if (asOfMs > limitMs || untilMs > asOfMs) {
      throw new AppError('FRAUD_TRAINING_SET_FUTURE', {
        field: name,
        detail: `Expected labels known by ${new Date(limitMs).toISOString()} at the latest, got ${new Date(Math.max(asOfMs, untilMs)).toISOString()}.`,
      });
    }
    earliestMs = untilMs;
  }
}

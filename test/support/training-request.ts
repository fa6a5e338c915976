// test/support/training-request.ts: a request over the rows of archive-records.ts: three windows of March 2026, seven days of label delay.
import { currentEventNames } from '../../shared/encoder/channels.ts';
import type { TrainingSetRequest } from '../../shared/training-set/build-training-set.ts';
import { planWindows } from '../../shared/training-set/windows.ts';
import { DAY_MS, FIRST_MS } from './archive-records.ts';

/** Readings (2) ‖ features (3) ‖ current event, as `trainingRow` makes them. */
export const testInputs = ['r0', 'r1', 'f0', 'f1', 'f2', ...currentEventNames.map((name) => `event-${name}`)];

/** Training days 0–10 (fresh frauds to 17), calibration 17–20, test 27–30, cut on day 37. */
export function requestOn(
  store: TrainingSetRequest['store'],
  more: Partial<TrainingSetRequest> = {},
): TrainingSetRequest {
  const cut = new Date(FIRST_MS + 37 * DAY_MS);
  return {
    store,
    cut,
    windows: planWindows({ cut, labelDelayDays: 7, trainingDays: 10, calibrationDays: 3, testDays: 3 }),
    labelDelayDays: 7,
    encoderVersion: 'e1',
    featureVersion: 'f1',
    inputs: testInputs,
    ...more,
  };
}

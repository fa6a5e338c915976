// test/services/retrainer/refuse-collapse.test.ts: sets nothing can be learnt from are refused, each with its own code and exit status.
import { expect, test } from 'vitest';
import { collapseStatuses, refuseCollapse } from '../../../services/retrainer/refuse-collapse.ts';
import { AppError } from '../../../shared/errors.ts';
import type { TrainingColumns } from '../../../shared/training-set/training-set.ts';

/** Rows of three windows; `f` a fraud, `g` genuine by evidence, `.` genuine by maturity. */
function setOf(...windows: readonly [training: string, calibration: string, test: string]): TrainingColumns {
  const marks = windows.flatMap((text, window) => [...text].map((mark) => ({ mark, window })));
  return {
    inputs: ['x'],
    values: new Float32Array(marks.length),
    labels: Uint8Array.from(marks, ({ mark }) => (mark === 'f' ? 1 : 0)),
    weights: new Float32Array(marks.length).fill(1),
    times: Float64Array.from(marks, (_, index) => index),
    knownAtMs: Float64Array.from(marks, ({ mark }) => (mark === '.' ? Number.NaN : 1)),
    cards: new Uint32Array(marks.length),
    windowOf: Uint8Array.from(marks, ({ window }) => window),
    transactionIds: marks.map((_, index) => `t${index}`),
    portfolios: marks.map(() => 'default'),
    merchants: marks.map(() => ''),
    rawScores: new Float64Array(marks.length),
    scores: new Float64Array(marks.length),
  };
}

const codeOf = (set: TrainingColumns): string | undefined => {
  try {
    refuseCollapse(set);
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
};

test.each([
  ['no rows', setOf('', '', ''), 'FRAUD_TRAINING_NO_ROWS', 10],
  ['a window without rows', setOf('f.', 'f.', ''), 'FRAUD_TRAINING_NO_ROWS', 10],
  ['no labels', setOf('...', '..', '..'), 'FRAUD_TRAINING_NO_LABELS', 11],
  ['zero frauds', setOf('g.g', '.g', '..'), 'FRAUD_TRAINING_NO_FRAUD', 12],
  ['a test window without fraud', setOf('f.', 'f.', '..'), 'FRAUD_TRAINING_NO_FRAUD', 12],
  ['all fraud', setOf('ff', 'ff', 'ff'), 'FRAUD_TRAINING_ALL_FRAUD', 13],
  ['one label', setOf('f..', '..', '..'), 'FRAUD_TRAINING_ONE_LABEL', 14],
] as const)('%s', (_name, set, code, status) => {
  expect(codeOf(set)).toBe(code);
  expect(collapseStatuses[code]).toBe(status);
});

test('a set with both labels in every window is taken', () => {
  expect(codeOf(setOf('f.', 'f.', 'f.'))).toBeUndefined();
});

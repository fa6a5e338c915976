// test/services/fraudctl/stage-lines.test.ts: progress in a log says when a stage begins, and now and then how long it will take.
import { expect, test } from 'vitest';
import { createStageLines } from '../../../services/fraudctl/stage-lines.ts';

test('a stage is told when it begins, then every half minute with the time left', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const advance = createStageLines(
    (line) => lines.push(line),
    () => nowMs,
  );
  advance('reading', 0, 200, 'transactions');
  for (let second = 1; second <= 60; second++) {
    nowMs = second * 1_000;
    advance('reading', second, 200, 'transactions');
  }
  advance('adapting', 0, 600);
  expect(lines).toEqual([
    'reading: 0 of 200 (0 %) transactions',
    'reading: 30 of 200 (15 %), about 170 s left transactions',
    'reading: 60 of 200 (30 %), about 140 s left transactions',
    'adapting: 0 of 600 (0 %)',
  ]);
});

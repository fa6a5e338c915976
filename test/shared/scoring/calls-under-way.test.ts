// test/shared/scoring/calls-under-way.test.ts: calls begun before are waited for, failed ones included; later ones are not.
import { expect, test } from 'vitest';
import { watchCalls } from '../../../shared/scoring/calls-under-way.ts';
import type { Evaluation } from '../../../shared/scoring/scorer.ts';

test('what is under way is waited for, whether it ends well or not, and what comes later is not', async () => {
  const ends: { resolve: (answer: Evaluation[]) => void; reject: (error: unknown) => void }[] = [];
  const calls = watchCalls({
    evaluateMany: () =>
      new Promise<Evaluation[]>((resolve, reject) => {
        ends.push({ resolve, reject });
      }),
  });
  const call = () => calls.evaluateMany([], () => []);
  await calls.whenAnswered();
  const [good, bad] = [call(), call()];
  let isAnswered = false;
  const answered = calls.whenAnswered().then(() => {
    isAnswered = true;
  });
  const later = call();
  ends[0]?.resolve([]);
  await good;
  expect(isAnswered).toBe(false);
  ends[1]?.reject(new Error('failed'));
  await expect(bad).rejects.toThrow('failed');
  await answered;
  expect(isAnswered).toBe(true);
  ends[2]?.resolve([]);
  expect(await later).toEqual([]);
});

// test/shared/lifecycle/run-again.test.ts: what happened during a run is seen by the next one, and runs never overlap.
import { expect, test } from 'vitest';
import { createRepeatableTask } from '../../../shared/lifecycle/run-again.ts';

test('asked many times while it runs, it runs once more, and never beside itself', async () => {
  let begun = 0;
  let ended = 0;
  const release: (() => void)[] = [];
  const task = createRepeatableTask(async () => {
    expect(begun).toBe(ended);
    begun++;
    await new Promise<void>((resolve) => release.push(resolve));
    ended++;
  });
  const runs = [task.run(), task.run(), task.run()];
  expect(begun).toBe(1);
  release.shift()?.();
  await expect.poll(() => begun).toBe(2);
  release.shift()?.();
  await Promise.all(runs);
  expect([begun, ended]).toEqual([2, 2]);
});

test('closed, it ends the run under way and begins no other', async () => {
  let begun = 0;
  let release = () => {};
  const task = createRepeatableTask(async () => {
    begun++;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  const runs = [task.run(), task.run()];
  const closed = task.close();
  release();
  await Promise.all([...runs, closed, task.run()]);
  expect(begun).toBe(1);
});

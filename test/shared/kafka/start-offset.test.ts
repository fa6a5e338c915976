// test/shared/kafka/start-offset.test.ts: where consumption begins, and who gets which partition.
import { expect, test } from 'vitest';
import { assignCoPartitioned } from '../../../shared/kafka/co-partition-assigner.ts';
import { chooseStart } from '../../../shared/kafka/start-offset.ts';

const facts = { committed: 50n, state: 50n, hasState: true, low: 0n, high: 100n };

test('consumption starts at the smaller of committed offset and state', () => {
  expect(chooseStart({ ...facts, state: 30n })).toBe(30n);
  expect(chooseStart({ ...facts, state: 70n })).toBe(50n);
});

test('a lost state or a group that never committed starts at the oldest record', () => {
  expect(chooseStart({ ...facts, state: undefined })).toBe(0n);
  expect(chooseStart({ ...facts, committed: undefined, low: 7n })).toBe(7n);
});

test('a caller without a state of its own starts at the committed offset', () => {
  expect(chooseStart({ ...facts, state: undefined, hasState: false })).toBe(50n);
});

test('the start lies within what the broker still has', () => {
  expect(chooseStart({ ...facts, state: 3n, low: 10n })).toBe(10n);
  expect(chooseStart({ ...facts, state: 400n, committed: 300n })).toBe(100n);
});

test('a partition of every topic goes to the same member, whatever the number of members', () => {
  for (const members of [['a'], ['b', 'a'], ['c', 'a', 'd', 'b']]) {
    const assignment = assignCoPartitioned(
      members,
      new Map([
        ['t', [0, 1, 2, 3, 4, 5]],
        ['o', [5, 4, 3, 2, 1, 0]],
      ]),
    );
    const all = [...assignment.values()];
    for (const owned of all) expect([...(owned.t ?? [])].sort()).toEqual([...(owned.o ?? [])].sort());
    expect(all.flatMap((owned) => owned.t ?? []).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  }
});

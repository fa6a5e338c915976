// test/shared/kafka/start-offset.test.ts: where consumption begins, and who gets which partition.
import { expect, test } from 'vitest';
import { assignCoPartitioned } from '../../../shared/kafka/co-partition-assigner.ts';
import { chooseStart, findStarts, lacksConsumed } from '../../../shared/kafka/start-offset.ts';

const facts = { committed: 50n, state: 50n, hasState: true, low: 0n, high: 100n };

test('consumption starts at the committed offset, also when the state is further', () => {
  expect(chooseStart(facts)).toBe(50n);
  expect(chooseStart({ ...facts, state: 70n })).toBe(50n);
  expect(chooseStart({ ...facts, state: undefined, hasState: false })).toBe(50n);
});

test('a group that never committed starts at the oldest record', () => {
  expect(chooseStart({ ...facts, committed: undefined, low: 7n })).toBe(7n);
});

test('a state lacks records when the group committed further, and not when nothing was consumed or there is no state', () => {
  expect(lacksConsumed({ ...facts, state: 49n })).toBe(true);
  expect(lacksConsumed({ ...facts, state: undefined })).toBe(true);
  expect(lacksConsumed(facts)).toBe(false);
  expect(lacksConsumed({ ...facts, state: 70n })).toBe(false);
  expect(lacksConsumed({ ...facts, committed: undefined, state: undefined })).toBe(false);
  expect(lacksConsumed({ ...facts, committed: 0n, state: undefined })).toBe(false);
  expect(lacksConsumed({ ...facts, state: undefined, hasState: false })).toBe(false);
});

/** A group that committed 50 of 100 records of partitions 0 and 1; the state has seen partition 0 alone. */
const question = {
  admin: {
    readEnds: async () => [0, 1].map((partition) => ({ partition, low: 0n, high: 100n })),
    readCommitted: async () => new Map([0, 1].map((partition) => [partition, 50n])),
  },
  groupId: 'group',
  stateOffset: (_topic: string, partition: number) => (partition === 0 ? 60n : undefined),
};
const bothPartitions = [0, 1].map((partition) => ({ topic: 't', partition }));

test('a partition that the group consumed and the state has never seen is refused, naming both offsets', async () => {
  await expect(findStarts({ ...question, stateGap: 'refuse' }, bothPartitions)).rejects.toMatchObject({
    code: 'FRAUD_STATE_BEHIND',
    facts: { topic: 't', partition: 1, committed: '50', state: 'none' },
  });
});

test('where the gap is accepted nothing is read, and so decided, a second time', async () => {
  expect(await findStarts({ ...question, stateGap: 'accept' }, bothPartitions)).toEqual(
    bothPartitions.map((one) => ({ ...one, start: 50n, end: 100n })),
  );
});

test('the start lies within what the broker still has', () => {
  expect(chooseStart({ ...facts, committed: 3n, low: 10n })).toBe(10n);
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

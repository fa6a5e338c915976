// test/services/stream-scorer/replay-clock.test.ts: the clock of a replay follows event time forward, and no single wrong time far ahead.
import { expect, test } from 'vitest';
import { createReplayClock } from '../../../services/stream-scorer/replay-clock.ts';
import type { InputRecord } from '../../../shared/kafka/records.ts';

const recordAt = (time: string | undefined): InputRecord => ({
  topic: 't',
  partition: 0,
  offset: 0n,
  timestampMs: 0,
  key: null,
  value: null,
  headers: time === undefined ? {} : { ce_time: time },
});

test('the replay clock stands at the newest event time, whatever comes late or without a time', () => {
  const clock = createReplayClock();
  clock.follow([recordAt('2018-06-02T00:00:00Z'), recordAt('2018-06-01T00:00:00Z'), recordAt(undefined)]);
  expect(new Date(clock.now()).toISOString()).toBe('2018-06-02T00:00:00.000Z');
});

test('one record from the year 2100 does not move the replay clock', () => {
  const clock = createReplayClock();
  clock.follow([recordAt('2018-06-01T00:00:00Z')]);
  clock.follow([recordAt('2100-01-01T00:00:00Z')]);
  clock.follow([recordAt('2018-06-03T00:00:00Z')]);
  expect(new Date(clock.now()).toISOString()).toBe('2018-06-03T00:00:00.000Z');
});

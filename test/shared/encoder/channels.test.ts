// test/shared/encoder/channels.test.ts: packed events as model inputs: places, missing values, start event, padding.
import { describe, expect, test } from 'vitest';
import {
  CHANNEL_COUNT,
  CHANNELS,
  CURRENT_EVENT_COUNT,
  channelNames,
  createInputs,
  currentEventNames,
  LENGTH_BUCKETS,
  paddedLengthOf,
  SURPRISE_POSITIONS,
  writeChannels,
  writeCurrentEvent,
} from '../../../shared/encoder/channels.ts';
import { READ_POSITIONS } from '../../../shared/encoder/definition.ts';
import { NO_TARGET, TARGET_COUNT, TARGETS } from '../../../shared/encoder/targets.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { sampleRows } from '../../support/encoder-rows.ts';
import { packEvent } from '../../support/packed-events.ts';

const NOON = Date.UTC(2025, 0, 2, 12); // a Thursday

function channelsOf(event: Uint8Array): Record<string, number> {
  const inputs = createInputs(1, 20);
  writeChannels({ events: event, eventCount: 1 }, inputs, 0);
  return Object.fromEntries(
    channelNames.map((name, at) => [name, inputs.channels[19 * CHANNEL_COUNT + at] ?? 0]),
  );
}

test('there is one name per channel, and per input that describes the current event', () => {
  expect(channelNames).toHaveLength(CHANNEL_COUNT);
  expect(new Set(channelNames).size).toBe(CHANNEL_COUNT);
  expect(currentEventNames).toHaveLength(CURRENT_EVENT_COUNT);
});

test('every padded length holds all positions that are read', () => {
  for (const length of LENGTH_BUCKETS) expect(length).toBeGreaterThanOrEqual(READ_POSITIONS);
});

test('a padded length depends on the event count, with one more position while the window is not full', () => {
  expect([1, 19, 20, 31, 32, 47, 48, 63, 64, 200].map(paddedLengthOf)).toEqual([
    20, 20, 32, 32, 48, 48, 64, 64, 64, 64,
  ]);
});

describe('one event', () => {
  test('missing fields carry a flag and the value 0', () => {
    const channels = channelsOf(packEvent({ id: 'a', timeMs: NOON }));
    for (const [name, value] of Object.entries({
      levelMissing: 1,
      levelDifference: 0,
      categoryDifferenceMissing: 1,
      gapMissing: 1,
      gap: 0,
      categoryGapMissing: 1,
      merchantMissing: 1,
      cardPresentMissing: 1,
      countryMissing: 1,
      monthsPastDueMissing: 1,
      currencyUnknown: 1,
    })) {
      expect(channels[name], name).toBe(value);
    }
  });

  test('the calendar turns with hour and weekday', () => {
    const noon = channelsOf(packEvent({ id: 'a', timeMs: NOON }));
    expect(noon['hour-cos']).toBeCloseTo(-1, 5);
    expect(noon['hour-twice-cos']).toBeCloseTo(1, 5);
    const week = channelsOf(packEvent({ id: 'a', timeMs: NOON + 7 * 86_400_000 }));
    expect(week).toEqual(noon);
    const tomorrow = channelsOf(packEvent({ id: 'a', timeMs: NOON + 86_400_000 }));
    expect(tomorrow['hour-cos']).toBe(noon['hour-cos']);
    expect(tomorrow['weekday-sin']).not.toBe(noon['weekday-sin']);
  });

  test('money that comes back has the opposite sign', () => {
    const sign = (type: 'authorization' | 'refund' | 'repayment' | 'statement') =>
      channelsOf(packEvent({ id: 'a', timeMs: NOON, type })).amountSign;
    expect([sign('authorization'), sign('refund'), sign('repayment'), sign('statement')]).toEqual([
      1, -1, -1, 1,
    ]);
  });

  test('an amount of nothing is finite', () => {
    expect(channelsOf(packEvent({ id: 'a', timeMs: NOON, amount: 0 })).amountLog).toBeCloseTo(
      Math.log(0.01),
      5,
    );
  });
});

describe('a row', () => {
  test('is right-aligned, opened by the start event while the window is not full, and padded before', () => {
    const [row] = sampleRows({ seed: 1, rows: 1, eventCount: 5 });
    const inputs = createInputs(2, 20);
    if (row) writeChannels(row, inputs, 1);
    expect([...inputs.mask.subarray(0, 20)]).toEqual(new Array(20).fill(0));
    expect([...inputs.mask.subarray(20)]).toEqual([...new Array(14).fill(0), ...new Array(6).fill(1)]);
    const start = inputs.channels.subarray((20 + 14) * CHANNEL_COUNT, (20 + 15) * CHANNEL_COUNT);
    expect(start[CHANNELS.start]).toBe(1);
    expect(start.reduce((sum, each) => sum + Math.abs(each), 0)).toBe(1);
    expect(inputs.channels.subarray(0, (20 + 14) * CHANNEL_COUNT).every((each) => each === 0)).toBe(true);
  });

  test('of a full window has no start event and only its last events', () => {
    const [row] = sampleRows({ seed: 2, rows: 1, eventCount: 64 });
    if (!row) throw new Error('no row');
    const longer = new Uint8Array(70 * EVENT_BYTES);
    longer.set(row.events, 6 * EVENT_BYTES);
    const [whole, tail] = [createInputs(1, 64), createInputs(1, 64)];
    writeChannels(row, whole, 0);
    writeChannels({ events: longer, eventCount: 70 }, tail, 0);
    expect(tail).toEqual(whole);
    expect(whole.mask.every((each) => each === 1)).toBe(true);
    expect(whole.channels[CHANNELS.start]).toBe(0);
  });

  test('has targets for its last events, and none before its first', () => {
    const [row] = sampleRows({ seed: 3, rows: 1, eventCount: 3 });
    const inputs = createInputs(1, 20);
    if (row) writeChannels(row, inputs, 0);
    const targetsAt = (back: number) =>
      inputs.targets.subarray(
        (SURPRISE_POSITIONS - back) * TARGET_COUNT,
        (SURPRISE_POSITIONS - back + 1) * TARGET_COUNT,
      );
    expect(targetsAt(4).every((each) => each === NO_TARGET)).toBe(true);
    expect(targetsAt(3)[TARGETS.gap]).toBe(NO_TARGET);
    expect(targetsAt(3)[TARGETS.hour]).toBeGreaterThanOrEqual(0);
    expect(targetsAt(1)[TARGETS.gap]).toBeGreaterThanOrEqual(0);
  });

  test('gives an event the same channels wherever it stands', () => {
    const [row] = sampleRows({ seed: 4, rows: 1, eventCount: 30 });
    if (!row) throw new Error('no row');
    const inputs = createInputs(1, 32);
    writeChannels(row, inputs, 0);
    const alone = new Float32Array(CURRENT_EVENT_COUNT);
    writeCurrentEvent(row.events, 29 * EVENT_BYTES, alone, 0);
    expect(inputs.channels.subarray(31 * CHANNEL_COUNT)).toEqual(alone.subarray(0, CHANNEL_COUNT));
    const oneHot = alone.subarray(CHANNEL_COUNT);
    expect(oneHot.reduce((sum, each) => sum + each, 0)).toBe(3);
  });

  test('depends on nothing that comes after an event', () => {
    const [row, other] = sampleRows({ seed: 5, rows: 2, eventCount: 30 });
    if (!row || !other) throw new Error('no rows');
    const changed = row.events.slice();
    changed.set(other.events.subarray(29 * EVENT_BYTES), 29 * EVENT_BYTES);
    const [before, after] = [createInputs(1, 32), createInputs(1, 32)];
    writeChannels(row, before, 0);
    writeChannels({ events: changed, eventCount: 30 }, after, 0);
    const earlier = 31 * CHANNEL_COUNT;
    expect(after.channels.subarray(0, earlier)).toEqual(before.channels.subarray(0, earlier));
    expect(after.channels.subarray(earlier)).not.toEqual(before.channels.subarray(earlier));
  });
});

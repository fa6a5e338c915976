// test/shared/sequence/entity-record.test.ts: entity records against a naive history, and each promise by name.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appendEvent,
  type EntityView,
  markLabel,
  viewBefore,
} from '../../../shared/sequence/entity-record.ts';
import { EVENT_BYTES, LABELS, readEvent, readLabel } from '../../../shared/sequence/packed-event.ts';
import { DAY_MS, MAX_RECORD_BYTES } from '../../../shared/sequence/record-layout.ts';
import type { EntityRecord } from '../../../shared/sequence/state-store.ts';
import { historyBytesOf } from '../../../shared/sequence/store-digest.ts';
import { type NaiveView, naiveView } from '../../support/naive-history.ts';
import { type EventSketch, packEvent, positionOf } from '../../support/packed-events.ts';

const START = Date.UTC(2026, 2, 1);
const WHOLE = { ringEvents: 64, bucketDays: 40, thinning: 'none' } as const;
const SMALL = { ringEvents: 6, bucketDays: 4, thinning: 'none' } as const;

const build = (
  events: readonly EventSketch[],
  limits: typeof WHOLE | typeof SMALL,
): EntityRecord | undefined =>
  events.reduce<EntityRecord | undefined>(
    (record, event) => appendEvent(record, packEvent(event), limits),
    undefined,
  );

const historyOf = (record: EntityRecord | undefined): Uint8Array | undefined =>
  record && historyBytesOf(record);

/** Days that say nothing (a refund of nothing) may be there or not. */
const toPlain = (seen: EntityView): NaiveView => ({
  ids: Array.from(
    { length: seen.count },
    (_, index) => readEvent(seen.view, seen.firstByte + index * EVENT_BYTES).idLow,
  ),
  days: Array.from({ length: seen.buckets.count }, (_, index) => ({
    day: seen.buckets.dayOf(index),
    count: seen.buckets.countOf(index),
    amount: seen.buckets.amountOf(index),
    frauds: seen.buckets.fraudKnownBy(index, seen.asOf.timeMs),
  })).filter((day) => day.count !== 0 || day.amount !== 0),
});

const sketches = (count: number, spanMs: number): fc.Arbitrary<EventSketch[]> =>
  fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 8 }),
      timeMs: fc.integer({ min: START, max: START + spanMs }),
      amount: fc.integer({ min: 0, max: 5000 }).map((eighths) => eighths / 8),
      type: fc.constantFrom('authorization', 'authorization', 'transfer', 'refund', 'reversal', 'statement'),
    }),
    { maxLength: count, selector: (event) => event.id },
  );

const evenly = (count: number, stepMs: number): EventSketch[] =>
  Array.from({ length: count }, (_, index) => ({ id: `t${index}`, timeMs: START + index * stepMs }));

describe('entity record', () => {
  test('equals the naive history at every position still in the ring, in any order of arrival', () => {
    fc.assert(
      fc.property(sketches(14, 3 * DAY_MS), fc.nat(), (events, pick) => {
        const record = build(events, SMALL);
        const sorted = [...events].sort((left, right) => left.timeMs - right.timeMs);
        const inRing = sorted.slice(-SMALL.ringEvents + 1);
        const asOf = inRing[pick % Math.max(1, inRing.length)] ?? { id: 'later', timeMs: START };
        expect(toPlain(viewBefore(record, positionOf(asOf)))).toEqual(
          naiveView({ events, labels: [] }, asOf, SMALL),
        );
      }),
    );
  });

  test('shows labels from the midnight after they were known, whether the event is in the ring or beyond it', () => {
    const label = fc.record({ pick: fc.nat(), delayHours: fc.integer({ min: 0, max: 90 }) });
    fc.assert(
      fc.property(
        sketches(12, 2 * DAY_MS),
        fc.array(label, { maxLength: 4 }),
        fc.nat(7),
        (events, marks, wait) => {
          const known = new Map<string, { id: string; knownAtMs: number }>();
          let record = build(events, SMALL);
          for (const { pick, delayHours } of marks) {
            const event = events[pick % Math.max(1, events.length)];
            if (!event || (event.type !== 'authorization' && event.type !== 'transfer')) continue;
            const knownAtMs = event.timeMs + delayHours * 3_600_000;
            record = markLabel(record, { ...positionOf(event), label: LABELS.fraud, knownAtMs, amount: 0 });
            if (!known.has(event.id)) known.set(event.id, { id: event.id, knownAtMs });
          }
          const asOf = { id: 'later', timeMs: START + (2 + wait) * DAY_MS };
          const expected = naiveView({ events, labels: [...known.values()] }, asOf, SMALL);
          expect(toPlain(viewBefore(record, positionOf(asOf)))).toEqual(expected);
        },
      ),
    );
  });

  test('is the same bytes of ring and buckets in any order of arrival, thinned or not', () => {
    for (const thinning of ['none', 'by-time'] as const) {
      const limits = { ...SMALL, thinning };
      fc.assert(
        fc.property(sketches(20, 9 * DAY_MS), fc.infiniteStream(fc.nat()), (events, keys) => {
          const shuffled = events.map((event) => ({ event, key: keys.next().value ?? 0 }));
          shuffled.sort((left, right) => left.key - right.key);
          const toRecord = (list: readonly EventSketch[]): EntityRecord | undefined =>
            list.reduce<EntityRecord | undefined>(
              (record, event) => appendEvent(record, packEvent(event), limits),
              undefined,
            );
          const [first, second] = [toRecord(events), toRecord(shuffled.map(({ event }) => event))];
          expect(historyOf(second)).toEqual(historyOf(first));
        }),
      );
    }
  });

  test('append returns the same reference for an event in the ring and for one that lately left it', () => {
    const events = evenly(80, 60_000);
    const record = build(events, WHOLE);
    for (const event of events.slice(-84 + 20))
      expect(appendEvent(record, packEvent(event), WHOLE)).toBe(record);
    const forgotten = events[0] ?? { id: '', timeMs: 0 };
    expect(build(events.slice(0, 66), WHOLE)).toEqual(
      appendEvent(build(events.slice(0, 66), WHOLE), packEvent(forgotten), WHOLE),
    );
  });

  test('append never changes its input', () => {
    const record = Buffer.from(build(evenly(70, 3_600_000), WHOLE) ?? []);
    const before = Buffer.from(record);
    appendEvent(record, packEvent({ id: 'x', timeMs: START + 5 }), WHOLE);
    markLabel(record, {
      ...positionOf({ id: 't69', timeMs: START + 69 * 3_600_000 }),
      label: LABELS.fraud,
      knownAtMs: START,
      amount: 0,
    });
    expect(record).toEqual(before);
  });

  test('a full record with every list in use fits 4,064 bytes, and a new card is small', () => {
    let record = build(evenly(160, 8 * 3_600_000), WHOLE);
    for (const event of evenly(160, 8 * 3_600_000)) {
      record = markLabel(record, {
        ...positionOf(event),
        label: LABELS.fraud,
        knownAtMs: event.timeMs + DAY_MS,
        amount: 1,
      });
    }
    expect(record?.byteLength).toBe(MAX_RECORD_BYTES);
    expect(build(evenly(1, 1), WHOLE)?.byteLength).toBe(32 + 48 + 20);
  });

  test('a merchant with two hundred transactions a second still reaches back days, and keeps its newest', () => {
    const limits = { ...WHOLE, thinning: 'by-time' } as const;
    const rate = 200;
    // Six days before, sparsely simulated: one event in 16,000 of that traffic would be enough to fill the ring many times.
    const sparse = Array.from({ length: 6_000 }, (_, index) => ({
      id: `old${index}`,
      timeMs: START + index * 80_000,
    }));
    const end = START + 6_000 * 80_000;
    const dense = Array.from({ length: 2_000 }, (_, index) => ({
      id: `new${index}`,
      timeMs: end + (index * 1000) / rate,
    }));
    const record = [...sparse, ...dense].reduce<EntityRecord | undefined>(
      (grown, event) => appendEvent(grown, packEvent(event), limits),
      undefined,
    );
    const seen = viewBefore(record, { timeMs: end + DAY_MS, idLow: 0, idHigh: 0 });
    const times = Array.from(
      { length: seen.count },
      (_, index) => readEvent(seen.view, seen.firstByte + index * EVENT_BYTES).timeMs,
    );
    expect(seen.count).toBe(64);
    expect(times.slice(-24)).toEqual(dense.slice(-24).map((event) => event.timeMs));
    expect(times.filter((time) => time < end - DAY_MS).length).toBeGreaterThan(15);
    expect(times.filter((time) => time < end - 3 * DAY_MS).length).toBeGreaterThan(5);
    expect(seen.completeSinceMs).toBeLessThan(times.at(-24) ?? 0);
    expect(seen.eventsBefore).toBe(8_000);
  });

  test('a clearing of a known original is not counted twice; one of an unknown original counts', () => {
    const record = build([{ id: 'a', timeMs: START, amount: 4 }], WHOLE);
    const clearing = packEvent({ id: 'c', timeMs: START + DAY_MS, amount: 4, type: 'clearing' });
    const { idLow, idHigh } = positionOf({ id: 'a', timeMs: START });
    expect(appendEvent(record, clearing, WHOLE, { idLow, idHigh })).toBe(record);
    const orphan = appendEvent(record, clearing, WHOLE, positionOf({ id: 'unknown', timeMs: 0 }));
    const { days } = toPlain(viewBefore(orphan, { timeMs: START + 2 * DAY_MS, idLow: 0, idHigh: 0 }));
    expect(days.map(({ count, amount }) => [count, amount])).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });

  test('a second label of the same kind leaves what was known first', () => {
    const event = { id: 'a', timeMs: START };
    const mark = { ...positionOf(event), label: LABELS.fraud, knownAtMs: START + DAY_MS, amount: 0 };
    const once = markLabel(build([event], WHOLE), mark);
    expect(markLabel(once, { ...mark, knownAtMs: START + 9 * DAY_MS })).toBe(once);
    const evicted = build(
      [event, ...evenly(70, 1000).map((later) => ({ ...later, timeMs: later.timeMs + 1 }))],
      WHOLE,
    );
    const marked = markLabel(evicted, mark);
    expect(marked).not.toBe(evicted);
    expect(markLabel(marked, { ...mark, knownAtMs: START + 2 * DAY_MS })).toBe(marked);
  });

  test('a fraud labelled in the ring is not counted again by a chargeback after it left', () => {
    const event = { id: 'a', timeMs: START };
    const mark = { ...positionOf(event), label: LABELS.fraud, knownAtMs: START + DAY_MS, amount: 0 };
    let record = markLabel(build([event], WHOLE), mark);
    for (const later of evenly(90, 1000))
      record = appendEvent(record, packEvent({ ...later, timeMs: later.timeMs + 1 }), WHOLE);
    const again = markLabel(record, { ...mark, knownAtMs: START + 20 * DAY_MS });
    expect(again).toBe(record);
    expect(
      viewBefore(again, { timeMs: START + 30 * DAY_MS, idLow: 0, idHigh: 0 }).buckets.fraudKnownBy(
        0,
        START + 30 * DAY_MS,
      ),
    ).toBe(1);
  });

  test('a verdict of genuine takes the fraud back', () => {
    const event = { id: 'a', timeMs: START };
    const mark = { ...positionOf(event), label: LABELS.fraud, knownAtMs: START + DAY_MS, amount: 0 };
    const fraud = markLabel(build([event], WHOLE), mark);
    const genuine = markLabel(fraud, { ...mark, label: LABELS.genuine, knownAtMs: START + 3 * DAY_MS });
    const seen = viewBefore(genuine, { timeMs: START + 9 * DAY_MS, idLow: 0, idHigh: 0 });
    expect(readLabel(seen.view, seen.firstByte)).toEqual({
      label: LABELS.genuine,
      knownAtMs: START + 3 * DAY_MS,
    });
    expect(seen.buckets.fraudKnownBy(0, START + 9 * DAY_MS)).toBe(0);
  });

  test('more than five label days for one day merge towards later, never earlier', () => {
    const events = evenly(12, 1000);
    let record = build(events, WHOLE);
    for (const [index, event] of events.entries()) {
      record = markLabel(record, {
        ...positionOf(event),
        label: LABELS.fraud,
        knownAtMs: START + (index + 1) * 2 * DAY_MS,
        amount: 0,
      });
    }
    const { buckets } = viewBefore(record, { timeMs: START + 39 * DAY_MS, idLow: 0, idHigh: 0 });
    for (let day = 0; day < 40; day += 1) {
      expect(buckets.fraudKnownBy(0, START + day * DAY_MS)).toBeLessThanOrEqual(Math.floor(day / 2));
    }
    expect(buckets.fraudKnownBy(0, START + 39 * DAY_MS)).toBe(12);
  });

  test('an entity without history has an empty, finite view and nothing to label', () => {
    const seen = viewBefore(undefined, { timeMs: START, idLow: 0, idHigh: 0 });
    expect([seen.count, seen.buckets.count, seen.eventsBefore]).toEqual([0, 0, 0]);
    expect(
      markLabel(undefined, {
        timeMs: START,
        idLow: 0,
        idHigh: 0,
        label: LABELS.fraud,
        knownAtMs: START,
        amount: 0,
      }),
    ).toBeUndefined();
  });
});

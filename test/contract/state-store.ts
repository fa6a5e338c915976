// test/contract/state-store.ts: what every StateStore promises; run on each adapter.
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { appendEvent, viewBefore } from '../../shared/sequence/entity-record.ts';
import { EVENT_BYTES, LABELS, readEvent } from '../../shared/sequence/packed-event.ts';
import { DAY_MS } from '../../shared/sequence/record-layout.ts';
import { limitsOf } from '../../shared/sequence/record-limits.ts';
import type {
  EntityRecord,
  StateChange,
  StateStore,
  StoredDecision,
} from '../../shared/sequence/state-store.ts';
import { digestOfStore } from '../../shared/sequence/store-digest.ts';
import { type EventSketch, packEvent, positionOf } from '../support/packed-events.ts';

const START = Date.UTC(2026, 2, 1);
const CARD = 'c|bank|card-1';
const MERCHANT = 'm|bank|shop-1';

/** Opens an empty store; `finish` closes it and removes what it left. */
export type OpenStore = () => { store: StateStore; finish(): Promise<void> };

const appendsOf = (events: readonly EventSketch[], entityKey = CARD): StateChange => ({
  appends: events.map((event) => ({ entityKey, event: packEvent(event) })),
});

const decisionOf = (id: string, more: Partial<StoredDecision> = {}): StoredDecision => ({
  decisionKey: `bank|${id}`,
  bytes: Buffer.from(`decision of ${id}`),
  contentHash: `hash-${id}`,
  keepUntilMs: START + DAY_MS,
  ...more,
});

const timesOf = (record: EntityRecord | undefined): number[] => {
  const seen = viewBefore(record, { timeMs: START + 400 * DAY_MS, idLow: 0, idHigh: 0 });
  return Array.from(
    { length: seen.count },
    (_, at) => readEvent(seen.view, seen.firstByte + at * EVENT_BYTES).timeMs,
  );
};

const minutes = (count: number): EventSketch[] =>
  Array.from({ length: count }, (_, at) => ({ id: `t${at}`, timeMs: START + at * 60_000 }));

const buildRecord = (key: string, events: readonly EventSketch[]): Buffer => {
  let record: EntityRecord | undefined;
  for (const event of events) record = appendEvent(record, packEvent(event), limitsOf(key));
  return Buffer.from(record ?? []);
};

/** One suite, so that adapters cannot drift apart. */
export function describeStateStore(name: string, openStore: OpenStore): void {
  describe(`state store: ${name}`, () => {
    const opened: { finish(): Promise<void> }[] = [];
    const open = (): StateStore => {
      const one = openStore();
      opened.push(one);
      return one.store;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.finish();
    });

    test('knows nothing at first', async () => {
      const store = open();
      expect(await store.readRecords([CARD, MERCHANT])).toEqual([undefined, undefined]);
      expect(await store.findDecisions(['bank|a'])).toEqual([undefined]);
      expect(await store.readInputOffset('topic', 0)).toBeUndefined();
      expect(await store.readOutbox('topic', 0)).toEqual([]);
    });

    test('keeps events in event-time order whatever the order and grouping of commits', async () => {
      const store = open();
      const events = minutes(9);
      await store.commit(appendsOf(events.slice(4)));
      await store.commit(appendsOf(events.slice(0, 4).reverse()));
      const [record] = await store.readRecords([CARD]);
      expect(timesOf(record)).toEqual(events.map((event) => event.timeMs));
    });

    test('equals append by append on one record, for every kind of entity and many commits', async () => {
      const store = open();
      const events = minutes(100);
      const keys = [CARD, MERCHANT, 'a|bank|account-1'];
      for (let from = 0; from < events.length; from += 7) {
        const chunk = events.slice(from, from + 7);
        await store.commit({ appends: keys.flatMap((key) => appendsOf(chunk, key).appends ?? []) });
      }
      const records = await store.readRecords(keys);
      expect(records.map((record) => Buffer.from(record ?? []))).toEqual(
        keys.map((key) => buildRecord(key, events)),
      );
    });

    test('appends once however often the same change comes', async () => {
      const store = open();
      for (let time = 0; time < 3; time += 1) await store.commit(appendsOf(minutes(5)));
      const [record] = await store.readRecords([CARD]);
      expect(timesOf(record)).toHaveLength(5);
      expect(viewBefore(record, { timeMs: START + DAY_MS, idLow: 0, idHigh: 0 }).buckets.countOf(0)).toBe(5);
    });

    test('appends nothing again for a decided transaction, even long after the record forgot its id', async () => {
      const store = open();
      const events = minutes(200);
      const change = (event: EventSketch): StateChange => ({
        appends: [{ entityKey: MERCHANT, event: packEvent(event), decisionKey: `bank|${event.id}` }],
        decisions: [decisionOf(event.id)],
      });
      for (const event of events) await store.commit(change(event));
      const [before] = await store.readRecords([MERCHANT]);
      for (const event of events.slice(0, 20)) await store.commit(change(event));
      expect(await store.readRecords([MERCHANT])).toEqual([before]);
    });

    test('marks labels with the instant they became known', async () => {
      const store = open();
      const [event] = minutes(1);
      if (!event) return;
      await store.commit(appendsOf([event]));
      const mark = { ...positionOf(event), label: LABELS.fraud, knownAtMs: START + 3 * DAY_MS, amount: 0 };
      await store.commit({
        labels: [
          { ...mark, entityKey: CARD },
          { ...mark, entityKey: 'c|bank|nobody' },
        ],
      });
      const [record, nobody] = await store.readRecords([CARD, 'c|bank|nobody']);
      const { buckets } = viewBefore(record, { timeMs: START + 9 * DAY_MS, idLow: 0, idHigh: 0 });
      expect([
        buckets.fraudKnownBy(0, START + 2 * DAY_MS),
        buckets.fraudKnownBy(0, START + 3 * DAY_MS),
      ]).toEqual([0, 1]);
      expect(nobody).toBeUndefined();
    });

    test('a card that replaces another takes over its history once', async () => {
      const store = open();
      await store.commit(appendsOf(minutes(3)));
      const successor = (id: string, at: number): StateChange => ({
        appends: [
          { entityKey: 'c|bank|card-2', event: packEvent({ id, timeMs: START + at }), takesOverFrom: CARD },
        ],
      });
      await store.commit(successor('x', DAY_MS));
      await store.commit(appendsOf([{ id: 'late', timeMs: START + 7 }]));
      await store.commit(successor('y', 2 * DAY_MS));
      const [record] = await store.readRecords(['c|bank|card-2']);
      expect(timesOf(record)).toEqual([
        ...minutes(3).map((event) => event.timeMs),
        START + DAY_MS,
        START + 2 * DAY_MS,
      ]);
    });

    test('answers stored decisions byte for byte, hash and retention included', async () => {
      const store = open();
      const decisions = [
        decisionOf('a', { bytes: Uint8Array.of(0, 255, 7) }),
        decisionOf('b', { contentHash: 'é'.repeat(20) }),
      ];
      await store.commit({ decisions });
      const found = await store.findDecisions(['bank|b', 'bank|none', 'bank|a']);
      expect(found.map((one) => one && { ...one, bytes: [...one.bytes] })).toEqual(
        [decisions[1], undefined, decisions[0]].map((one) => one && { ...one, bytes: [...one.bytes] }),
      );
    });

    test('the first decision stands: the same bytes again change nothing, others fail with nothing changed', async () => {
      const store = open();
      await store.commit({ decisions: [decisionOf('a')] });
      await store.commit({ decisions: [decisionOf('a')] });
      const rival: StateChange = {
        ...appendsOf(minutes(2)),
        decisions: [decisionOf('new'), decisionOf('a', { bytes: Buffer.from('other') })],
        inputOffsets: [{ topic: 'topic', partition: 0, offset: 5n }],
        outbox: [{ topic: 'topic', partition: 0, offset: 4n, bytes: Buffer.from('x') }],
      };
      await expect(store.commit(rival)).rejects.toMatchObject({
        code: 'FRAUD_STORE_CONFLICT',
        retryable: true,
      });
      expect(await store.readRecords([CARD])).toEqual([undefined]);
      expect(await store.findDecisions(['bank|new'])).toEqual([undefined]);
      expect(await store.readInputOffset('topic', 0)).toBeUndefined();
      expect(await store.readOutbox('topic', 0)).toEqual([]);
      const [first] = await store.findDecisions(['bank|a']);
      expect(Buffer.from(first?.bytes ?? []).toString()).toBe('decision of a');
    });

    test('keeps the next offset per topic and partition', async () => {
      const store = open();
      await store.commit({
        inputOffsets: [
          { topic: 'one', partition: 0, offset: 7n },
          { topic: 'one', partition: 1, offset: 2n ** 40n },
        ],
      });
      await store.commit({ inputOffsets: [{ topic: 'one', partition: 0, offset: 9n }] });
      expect(await store.readInputOffset('one', 0)).toBe(9n);
      expect(await store.readInputOffset('one', 1)).toBe(2n ** 40n);
      expect(await store.readInputOffset('two', 0)).toBeUndefined();
    });

    test('keeps outbox entries, oldest first, until they are acknowledged', async () => {
      const store = open();
      const entry = (offset: bigint, partition = 0) => ({
        topic: 'out',
        partition,
        offset,
        bytes: Buffer.from(`at ${offset}`),
      });
      await store.commit({ outbox: [entry(300n), entry(20n), entry(5n, 1), entry(100n)] });
      await store.commit({ acknowledged: [{ topic: 'out', partition: 0, offset: 100n }] });
      const waiting = await store.readOutbox('out', 0);
      expect(waiting.map((one) => [one.offset, Buffer.from(one.bytes).toString()])).toEqual([
        [20n, 'at 20'],
        [300n, 'at 300'],
      ]);
      expect(await store.readOutbox('out', 1)).toHaveLength(1);
    });

    test('keeps an entry that is filed where an acknowledged one stood: the same records read again', async () => {
      const store = open();
      const place = { topic: 'out', partition: 0, offset: 7n };
      await store.commit({ outbox: [{ ...place, bytes: Buffer.from('first time') }] });
      await store.commit({
        outbox: [{ ...place, bytes: Buffer.from('again, and longer') }],
        acknowledged: [place],
      });
      const waiting = await store.readOutbox('out', 0);
      expect(waiting.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['again, and longer']);
    });

    test('forgets exactly the decisions whose time has passed', async () => {
      const store = open();
      const hours = Array.from({ length: 60 }, (_, at) => at);
      for (const hour of hours) {
        await store.commit({
          decisions: [
            decisionOf(`h${hour}`, { keepUntilMs: START + hour * 3_600_000 }),
            decisionOf(`long${hour}`, { keepUntilMs: START + 90 * DAY_MS }),
          ],
        });
      }
      expect(await store.pruneDecisions(START + 30 * 3_600_000)).toBe(31);
      const left = await store.findDecisions(hours.flatMap((hour) => [`bank|h${hour}`, `bank|long${hour}`]));
      expect(left.map((one) => one !== undefined)).toEqual(hours.flatMap((hour) => [hour > 30, true]));
      expect(await store.pruneDecisions(START + 30 * 3_600_000)).toBe(0);
    });

    test('an erased card leaves neither history nor decisions, others keep theirs, and it begins anew', async () => {
      const store = open();
      const about = (id: string, cardToken: string) =>
        decisionOf(id, { bytes: Buffer.from(JSON.stringify({ transactionId: id, cardToken })) });
      const decisions = Array.from({ length: 1_200 }, (_, index) =>
        about(`d-${index}`, index % 3 === 0 ? 'card-1' : 'card-12'),
      );
      await store.commit({ ...appendsOf(minutes(3)), decisions });
      await store.commit(appendsOf(minutes(3), MERCHANT));
      await store.commit(appendsOf(minutes(2), 'c|bank|card-12'));
      await store.readRecords([CARD]);
      expect(await store.eraseCard({ portfolioId: 'bank', cardToken: 'card-1' })).toEqual({
        records: 1,
        decisions: 400,
      });
      const [card, merchant, other] = await store.readRecords([CARD, MERCHANT, 'c|bank|card-12']);
      expect([card, timesOf(merchant).length, timesOf(other).length]).toEqual([undefined, 3, 2]);
      const found = await store.findDecisions(decisions.map(({ decisionKey }) => decisionKey));
      expect(found.filter(Boolean)).toHaveLength(800);
      expect(await store.eraseCard({ portfolioId: 'bank', cardToken: 'card-1' })).toEqual({
        records: 0,
        decisions: 0,
      });
      await store.commit(appendsOf(minutes(1)));
      expect(timesOf((await store.readRecords([CARD]))[0])).toHaveLength(1);
    });

    test('scans all records in byte order of their keys, whatever characters ids are made of', async () => {
      const store = open();
      const keys = [
        'c|bank|zoë',
        'c|bank|\u{1F4B3}',
        'c|bank|\uFFEE',
        'm|b|',
        'c|bank|a\u0000b',
        'c|bank|a',
        'a|bank|9',
      ];
      for (const key of keys) await store.commit(appendsOf(minutes(1), key));
      const scanned: string[] = [];
      for await (const { entityKey, record } of store.scanRecords()) {
        scanned.push(entityKey);
        expect(timesOf(record)).toEqual([START]);
      }
      const inByteOrder = [...keys].sort((left, right) =>
        Buffer.compare(Buffer.from(left), Buffer.from(right)),
      );
      expect(scanned).toEqual(inByteOrder);
      expect((await store.readRecords(keys)).every((record) => record !== undefined)).toBe(true);
    });

    test('records handed out stay as they were when the store moves on', async () => {
      const store = open();
      await store.commit(appendsOf(minutes(3)));
      const [before] = await store.readRecords([CARD]);
      const copy = Buffer.from(before ?? []);
      await store.commit(appendsOf(minutes(50)));
      await store.readRecords([CARD, MERCHANT]);
      expect(Buffer.from(before ?? [])).toEqual(copy);
    });

    test('two stores fed the same events in another order have one digest; one label more makes another', async () => {
      const [first, second] = [open(), open()];
      const shuffled =
        fc.sample(fc.shuffledSubarray(minutes(40), { minLength: 40, maxLength: 40 }), {
          numRuns: 1,
          seed: 7,
        })[0] ?? [];
      for (const key of [CARD, MERCHANT]) await first.commit(appendsOf(minutes(40), key));
      for (const event of shuffled)
        for (const key of [MERCHANT, CARD]) await second.commit(appendsOf([event], key));
      const [one, other] = [await digestOfStore(first), await digestOfStore(second)];
      expect(other).toEqual(one);
      expect(one.records).toBe(2);
      const mark = {
        ...positionOf({ id: 't3', timeMs: START }),
        label: LABELS.fraud,
        knownAtMs: START + DAY_MS,
        amount: 0,
      };
      await second.commit({ labels: [{ ...mark, entityKey: MERCHANT }] });
      expect((await digestOfStore(second)).digest).not.toBe(one.digest);
    });
  });
}

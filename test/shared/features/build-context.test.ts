// test/shared/features/build-context.test.ts: contexts look only backwards, repeat exactly, and their digest tells what was seen.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BuiltContext, buildContext, entityKeysOf } from '../../../shared/features/build-context.ts';
import { digestContext, digestReference } from '../../../shared/features/digests.ts';
import { defaultFeatureSettings } from '../../../shared/features/feature-settings.ts';
import type { Replay } from '../../../shared/features/replay-into-memory.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { EVENT_BYTES, LABELS, WINDOW, writeLabel } from '../../../shared/sequence/packed-event.ts';
import { DAY_MS, histories, makeTransaction, reference, replayLines, startMs, toTime } from './histories.ts';

/** The context of `transaction` as the records of `replay` would give it now. */
function contextFrom(replay: Replay, transaction = makeTransaction()): BuiltContext {
  const keys = entityKeysOf(transaction);
  const find = (key: string | undefined) => (key === undefined ? undefined : replay.records.get(key));
  return buildContext({
    transaction,
    card: find(keys.card),
    merchant: find(keys.merchant),
    account: find(keys.account),
    reference,
    settings: defaultFeatureSettings,
  });
}

test('everything after t deleted, later events of the same day and labels learnt later included, every value at t is the same', () => {
  fc.assert(
    fc.property(histories(60), fc.double({ min: 0, max: 0.999, noNaN: true }), (lines, share) => {
      const at = Math.floor(share * lines.length);
      const asked = lines[at];
      if (asked === undefined) return;
      // Equal times are ordered by id hash: they are neither surely before nor surely after.
      const earlier = lines.filter(({ timeMs }) => timeMs < asked.timeMs);
      const all = lines.filter(({ timeMs }) => timeMs !== asked.timeMs).concat(asked);
      all.sort((left, right) => left.timeMs - right.timeMs);
      const withFuture = contextFrom(replayLines(all), asked.transaction).context;
      const without = contextFrom(replayLines(earlier, asked.timeMs), asked.transaction).context;
      expect(
        Object.fromEntries(featureNames.map((name, index) => [name, withFuture.features[index]])),
      ).toEqual(Object.fromEntries(featureNames.map((name, index) => [name, without.features[index]])));
      expect(Buffer.compare(withFuture.events, without.events)).toBe(0);
      expect(withFuture.digest).toBe(without.digest);
    }),
    { numRuns: 80 },
  );
});

test('a redelivered transaction has the context it had the first time', () => {
  fc.assert(
    fc.property(histories(40), (lines) => {
      const replay = replayLines([]);
      for (const { transaction } of lines) {
        const first = replay.push(transaction);
        expect(first.isAppended).toBe(true);
        const again = replay.push(transaction);
        expect(again.isAppended).toBe(false);
        expect(again.context.digest).toBe(first.context.digest);
        expect(again.event).toEqual(first.event);
      }
    }),
    { numRuns: 30 },
  );
});

test('a card without history, merchant or account has a finite context of one event', () => {
  const { context } = contextFrom(replayLines([]));
  expect(context.eventCount).toBe(1);
  expect(context.events).toHaveLength(EVENT_BYTES);
  expect(context.features).toHaveLength(featureNames.length);
  expect([...context.features].every(Number.isFinite)).toBe(true);
  expect(context.digest).toMatch(/^[0-9a-f]{16}$/);
});

test('features stay finite and bounded for extreme amounts', () => {
  for (const amountMinor of [0, 1, Number.MAX_SAFE_INTEGER]) {
    const replay = replayLines([]);
    for (let index = 0; index < 5; index++) {
      const eventTime = toTime(startMs + index * 1000);
      const { context } = replay.push(
        makeTransaction({ transactionId: `t${index}`, eventTime, amountMinor }),
      );
      for (const value of context.features) expect(Math.abs(value)).toBeLessThan(100);
    }
  }
});

test('the window holds the last events before the transaction and itself, without labels', () => {
  const replay = replayLines([]);
  const eventTime = (index: number) => toTime(startMs + index * 60_000);
  for (let index = 0; index < WINDOW + 10; index++) {
    replay.push(makeTransaction({ transactionId: `t${index}`, eventTime: eventTime(index) }));
  }
  const { context, event } = contextFrom(
    replay,
    makeTransaction({ transactionId: 'last', eventTime: eventTime(WINDOW + 10) }),
  );
  expect(context.eventCount).toBe(WINDOW);
  expect(context.events.subarray((WINDOW - 1) * EVENT_BYTES)).toEqual(event);
});

test('label bytes of the history do not enter events or digest while no feature tells them', () => {
  const replay = replayLines([]);
  replay.push(makeTransaction({ transactionId: 't0' }));
  const asked = makeTransaction({ transactionId: 't1', eventTime: toTime(startMs + DAY_MS) });
  const before = contextFrom(replay, asked).context;
  for (const record of replay.records.values()) {
    // The ring follows a 32-byte header; a genuine label younger than maturity is no feature of the card.
    writeLabel(new DataView(record.buffer), 32, LABELS.genuine, startMs + DAY_MS / 2);
  }
  const after = contextFrom(replay, asked).context;
  expect(after.events).toEqual(before.events);
  expect(after.digest).toBe(before.digest);
});

test('the digest changes with any other byte of an event, with any feature and with the reference', () => {
  const { events, features } = contextFrom(replayLines([])).context;
  const digest = digestContext(events, features, digestReference(reference));
  for (let at = 0; at < EVENT_BYTES; at++) {
    if (at >= 40 && at < 44) continue;
    const changed = events.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(digestContext(changed, features, digestReference(reference))).not.toBe(digest);
  }
  for (let index = 0; index < features.length; index++) {
    const changed = features.slice();
    changed[index] = (changed[index] ?? 0) + 1;
    expect(digestContext(events, changed, digestReference(reference))).not.toBe(digest);
  }
  const other = { ...reference, cardLevel: { mean: 1.3, standardDeviation: 0.6 } };
  expect(digestContext(events, features, digestReference(other))).not.toBe(digest);
});

test('the reference digest does not depend on the order of its keys', () => {
  const { tails, ...rest } = reference;
  expect(digestReference({ tails, ...rest, currencyMedians: { '*': 40, JPY: 5000, EUR: 40 } })).toBe(
    digestReference(reference),
  );
});

test('appends name card, merchant and account, the original of a clearing and the replaced card', () => {
  const { appends } = contextFrom(
    replayLines([]),
    makeTransaction({
      type: 'clearing',
      originalTransactionId: 't0',
      accountId: 'a1',
      merchant: { id: 'm1', terminalId: 'm1-7' },
      replacesCardToken: 'card-0',
    }),
  );
  expect(appends.map(({ entityKey }) => entityKey)).toEqual([
    'c|default|card-1',
    'm|default|m1-7',
    'a|default|a1',
  ]);
  expect(appends.map(({ takesOverFrom }) => takesOverFrom)).toEqual([
    'c|default|card-0',
    undefined,
    undefined,
  ]);
  expect(appends.every(({ original }) => original !== undefined)).toBe(true);
  expect(appends.every(({ decisionKey }) => decisionKey === undefined)).toBe(true);
});

test('a replaced card gives its history to the new one', () => {
  const replay = replayLines([]);
  replay.push(makeTransaction({ transactionId: 't0', cardToken: 'card-0' }));
  const fields = { cardToken: 'card-1', replacesCardToken: 'card-0' };
  const first = replay.push(
    makeTransaction({ ...fields, transactionId: 't1', eventTime: toTime(startMs + 1000) }),
  );
  const second = replay.push(
    makeTransaction({ ...fields, transactionId: 't2', eventTime: toTime(startMs + 2000) }),
  );
  expect([first.context.eventCount, second.context.eventCount]).toEqual([2, 3]);
});

// test/shared/restore/rebuild-state.test.ts: a store rebuilt from rows, decisions and outcomes is the lost one, in whatever order partitions are read.
import { beforeAll, expect, test } from 'vitest';
import { CONTENT_HASH_HEADER } from '../../../shared/decisions/content-hash-header.ts';
import { isDecided, merchantKeyOf, type Transaction } from '../../../shared/domain/transaction.ts';
import { buildContext, entityKeysOf } from '../../../shared/features/build-context.ts';
import { defaultFeatureSettings } from '../../../shared/features/feature-settings.ts';
import type { InputRecord } from '../../../shared/kafka/records.ts';
import { createStateRebuild } from '../../../shared/restore/rebuild-state.ts';
import { viewBefore } from '../../../shared/sequence/entity-record.ts';
import { hashMerchant } from '../../../shared/sequence/id-hash.ts';
import { labelMarksOf } from '../../../shared/sequence/label-marks.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import { digestOfStore, findDifferences } from '../../../shared/sequence/store-digest.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { sampleReference } from '../../support/encoder-rows.ts';

const PARTITIONS = 3;
const RETENTION = { quietMs: 86_400_000, alertedMs: 86_400_000 };

/** Topics as arrays per partition. */
interface Topics {
  readonly rows: InputRecord[][];
  readonly decisions: InputRecord[][];
  readonly outcomes: InputRecord[][];
}

const emptyPartitions = (): InputRecord[][] => Array.from({ length: PARTITIONS }, () => []);
const partitionOf = (cardToken: string): number => hashMerchant(cardToken) % PARTITIONS;

function toRecord(partition: number, offset: number, value: unknown, headers = {}): InputRecord {
  const bytes = Buffer.from(JSON.stringify(value));
  return {
    topic: 'topic',
    partition,
    offset: BigInt(offset),
    timestampMs: 0,
    key: null,
    value: bytes,
    headers,
  };
}

function toRow(transaction: Transaction, inputOffset: string, events: Uint8Array) {
  const { transactionId, portfolioId, cardToken, accountId, originalTransactionId, replacesCardToken } =
    transaction;
  const keys = { transactionId, portfolioId, cardToken, accountId, merchantKey: merchantKeyOf(transaction) };
  const context = Buffer.from(events).toString('base64');
  return {
    ...keys,
    originalTransactionId,
    replacesCardToken,
    decided: isDecided(transaction),
    inputOffset,
    context,
  };
}

/** Plays a simulation as the scorer does: context from the store, appends, decision; and archives it. */
async function playLive(store: StateStore): Promise<Topics> {
  const topics = { rows: emptyPartitions(), decisions: emptyPartitions(), outcomes: emptyPartitions() };
  const reference = sampleReference('*');
  const settings = defaultFeatureSettings;
  for (const line of createSimulation({ seed: 5, cards: 25, days: 110, fraudRate: 0.01 })) {
    if (line.kind === 'outcome') {
      await store.commit({ labels: labelMarksOf(line.outcome) });
      topics.outcomes[partitionOf(line.outcome.cardToken)]?.push(toRecord(0, 0, line.outcome));
      continue;
    }
    const { transaction } = line;
    const { portfolioId, transactionId, eventTime } = transaction;
    const keys = entityKeysOf(transaction);
    const [card, merchant, account, replacedCard] = await store.readRecords([
      keys.card,
      keys.merchant ?? '',
      keys.account ?? '',
      keys.replacedCard ?? '',
    ]);
    const built = buildContext({ transaction, card, merchant, account, replacedCard, reference, settings });
    const partition = partitionOf(transaction.cardToken);
    const rows = topics.rows[partition] ?? [];
    const offset = rows.length;
    rows.push(
      toRecord(partition, offset, toRow(transaction, `in-${partition}@${offset}`, built.context.events)),
    );
    if (!isDecided(transaction)) {
      await store.commit({ appends: built.appends });
      continue;
    }
    const { cardToken } = transaction;
    const value = {
      portfolioId,
      transactionId,
      cardToken,
      eventTime,
      decision: 'approve',
      receivedAt: eventTime,
    };
    const record = toRecord(partition, offset, value, { [CONTENT_HASH_HEADER]: `hash of ${transactionId}` });
    topics.decisions[partition]?.push(record);
    const decision = {
      decisionKey: `${portfolioId}|${transactionId}`,
      bytes: record.value ?? new Uint8Array(),
      contentHash: `hash of ${transactionId}`,
      keepUntilMs: Date.parse(eventTime) + RETENTION.quietMs,
    };
    await store.commit({ appends: built.appends, decisions: [decision] });
  }
  return topics;
}

let live: StateStore;
let topics: Topics;
beforeAll(async () => {
  live = createMemoryStateStore();
  topics = await playLive(live);
});

/** Partition after partition, last first: as far from the order of scoring as a scan can be. */
async function rebuildFrom(archived: Topics, erasures?: Parameters<typeof createStateRebuild>[2]) {
  const store = createMemoryStateStore();
  const rebuild = createStateRebuild(store, RETENTION, erasures);
  for (const partition of archived.rows) rebuild.noteTakeovers(partition);
  for (const partition of archived.rows.toReversed()) await rebuild.takeRows(partition);
  for (const partition of archived.decisions.toReversed()) await rebuild.takeDecisions(partition);
  for (const partition of archived.outcomes.toReversed()) await rebuild.takeOutcomes(partition);
  const committed = [{ topic: 'outcomes', partition: 0, offset: 9n }];
  return { store, rebuild, counts: await rebuild.finish(committed) };
}

test('rebuilt histories are those of the lost store, labels included', async () => {
  const { store, counts } = await rebuildFrom(topics);
  expect(await findDifferences(live, store)).toEqual([]);
  expect(await digestOfStore(store)).toEqual(await digestOfStore(live));
  expect(counts.events).toBeGreaterThan(2_000);
  expect(counts.outcomes).toBeGreaterThan(10);
  expect(counts.decisionsWithoutRow).toBe(0);
});

test('rows and decisions that were sent again after a crash count once', async () => {
  const again = (partition: InputRecord[]): InputRecord[] => [
    ...partition.slice(0, 300),
    ...partition.slice(200),
  ];
  const { store, counts } = await rebuildFrom({
    ...topics,
    rows: topics.rows.map(again),
    decisions: topics.decisions.map(again),
  });
  expect(counts.repeatedRows).toBe(100 * PARTITIONS);
  expect(await digestOfStore(store)).toEqual(await digestOfStore(live));
});

test('rebuilt decisions are the emitted bytes with their content hash', async () => {
  const { store } = await rebuildFrom(topics);
  const keys = topics.decisions
    .flat()
    .slice(0, 50)
    .map(({ value }) => {
      const { portfolioId, transactionId } = JSON.parse(Buffer.from(value ?? []).toString());
      return `${portfolioId}|${transactionId}`;
    });
  const plain = (decisions: Awaited<ReturnType<StateStore['findDecisions']>>) =>
    decisions.map((one) => one && { ...one, bytes: Buffer.from(one.bytes).toString() });
  expect(plain(await store.findDecisions(keys))).toEqual(plain(await live.findDecisions(keys)));
});

test('offsets go to the end of what was archived or committed', async () => {
  const { store } = await rebuildFrom(topics);
  expect(await store.readInputOffset('in', 1)).toBe(BigInt(topics.rows[1]?.length ?? 0));
  expect(await store.readInputOffset('outcomes', 0)).toBe(9n);
  expect(await store.readInputOffset('outcomes', 1)).toBeUndefined();
});

test('a decision whose row was never sent is named, so that its transaction can be loaded', async () => {
  const cut = topics.rows.map((partition, index) => (index === 2 ? partition.slice(0, -1) : partition));
  const { rebuild, counts } = await rebuildFrom({ ...topics, rows: cut });
  const [lost] = topics.rows[2]?.slice(-1) ?? [];
  const row: Transaction & { decided: boolean } = JSON.parse(Buffer.from(lost?.value ?? []).toString());
  expect(counts.decisionsWithoutRow).toBe(row.decided ? 1 : 0);
  expect(rebuild.isMissing(row)).toBe(row.decided);
});

test('an erased card does not come back; what came after its erasure does, and nobody else misses anything', async () => {
  const rows = topics.rows
    .flat()
    .map(({ value }): Transaction => JSON.parse(Buffer.from(value ?? []).toString()));
  // A successor would miss what it took over from the erased card.
  const replaced = new Set(rows.map(({ replacesCardToken }) => replacesCardToken));
  const { portfolioId = '', cardToken = '' } = rows.find((row) => !replaced.has(row.cardToken)) ?? {};
  const cardKey = `c|${portfolioId}|${cardToken}`;
  const decided = topics.decisions
    .flat()
    .map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()))
    .filter((decision) => decision.cardToken === cardToken);
  const erasedAtMs = Date.parse(decided[Math.floor(decided.length / 2)]?.eventTime);
  const { store } = await rebuildFrom(topics, {
    isErased: (_portfolioId, token, eventTimeMs) => token === cardToken && eventTimeMs <= erasedAtMs,
  });
  expect(await findDifferences(live, store)).toEqual([cardKey]);
  const found = await store.findDecisions(decided.map((one) => `${portfolioId}|${one.transactionId}`));
  expect(found.map((one) => one !== undefined)).toEqual(
    decided.map(({ eventTime }) => Date.parse(eventTime) > erasedAtMs),
  );
  const [record] = await store.readRecords([cardKey]);
  const { firstSeenMs } = viewBefore(record, { timeMs: Number.MAX_SAFE_INTEGER, idLow: 0, idHigh: 0 });
  expect(firstSeenMs).toBeGreaterThan(erasedAtMs - 1_000);
});

// shared/restore/rebuild-from-topics.ts: reads the topics a rebuild needs, one after the other, up to their ends at the start.

import type { Transaction } from '../domain/transaction.ts';
import { defaultEdgeSettings } from '../edge/edge-settings.ts';
import { parseTransaction } from '../edge/parse-transaction.ts';
import { openAdmin } from '../kafka/admin.ts';
import type { KafkaConnection } from '../kafka/connection.ts';
import type { InputRecord } from '../kafka/records.ts';
import { countRecords, readTopicEnds, scanTopic, type TopicEnds } from '../kafka/scan-topic.ts';
import type { HistoryLoader } from '../scoring/load-history.ts';
import type { InputOffset } from '../sequence/state-store.ts';
import type { RebuildCounts, StateRebuild } from './rebuild-state.ts';

/** Names of the topics, prefix included. */
export interface RebuildTopics {
  readonly transactions: string;
  readonly outcomes: string;
  readonly decisions: string;
  readonly trainingRows: string;
}

export interface RebuildFromTopics {
  readonly connection: KafkaConnection;
  readonly topics: RebuildTopics;
  /** Consumer group of the scorers: what it committed tells how far the lost store had come. */
  readonly groupId: string;
  readonly rebuild: StateRebuild;
  /** Asked only when a decision has no archived event: packs that event anew. */
  readonly openLoader: () => Promise<HistoryLoader>;
  readonly onProgress?: (progress: { readonly read: number; readonly total: number }) => void;
}

/** No scorer of the group may run meanwhile. Reading the same topics again gives the same store. */
export async function rebuildFromTopics(parts: RebuildFromTopics): Promise<RebuildCounts> {
  const { connection, topics, rebuild } = parts;
  const committed = await readCommitted(parts);
  const [rows, decisions] = [
    await readTopicEnds(connection, topics.trainingRows),
    await readTopicEnds(connection, topics.decisions),
  ];
  const outcomes = endAtCommitted(
    await readTopicEnds(connection, topics.outcomes),
    topics.outcomes,
    committed,
  );
  const scan = createScan(parts, 2 * countRecords(rows) + countRecords(decisions) + countRecords(outcomes));
  await scan(topics.trainingRows, rows, async (records) => rebuild.noteTakeovers(records));
  await scan(topics.trainingRows, rows, (records) => rebuild.takeRows(records));
  await scan(topics.decisions, decisions, (records) => rebuild.takeDecisions(records));
  if (rebuild.missingCount() > 0) await loadMissing(parts);
  await scan(topics.outcomes, outcomes, (records) => rebuild.takeOutcomes(records));
  return rebuild.finish(committed);
}

async function readCommitted({ connection, topics, groupId }: RebuildFromTopics): Promise<InputOffset[]> {
  const admin = await openAdmin(connection);
  try {
    const existing = new Set(await admin.listTopics());
    const found: InputOffset[] = [];
    for (const topic of [topics.transactions, topics.outcomes].filter((name) => existing.has(name))) {
      for (const [partition, offset] of await admin.readCommitted(groupId, topic)) {
        if (offset !== undefined) found.push({ topic, partition, offset });
      }
    }
    return found;
  } finally {
    await admin.close();
  }
}

/** Outcomes that were not committed are read by the scorer; marking them before their transactions are there would count them twice. */
function endAtCommitted(ends: TopicEnds, topic: string, committed: readonly InputOffset[]): TopicEnds {
  return ends.map(({ partition, low, high }) => {
    let end = committed.find((one) => one.topic === topic && one.partition === partition)?.offset ?? low;
    if (end > high) end = high;
    if (end < low) end = low;
    return { partition, low, high: end };
  });
}

/** A scan that counts progress. The store commits synchronously, so reading never runs ahead of writing. */
function createScan({ connection, onProgress }: RebuildFromTopics, total: number) {
  let read = 0;
  return async (
    topic: string,
    ends: TopicEnds,
    take: (records: readonly InputRecord[]) => Promise<void>,
  ): Promise<void> => {
    let failure: unknown;
    await scanTopic(connection, topic, ends, (records) => {
      take(records).catch((error: unknown) => {
        failure ??= error;
      });
      read += records.length;
      onProgress?.({ read, total });
    });
    if (failure) throw failure;
  };
}

/** They were accepted once: a replayed year is not judged against the time of sending. */
const anyTime = {
  ...defaultEdgeSettings,
  maxPastMs: Number.MAX_SAFE_INTEGER,
  maxFutureMs: Number.MAX_SAFE_INTEGER,
};

/** Transactions that were decided just before the process ended, their rows not yet emitted: packed anew from the input topic. */
async function loadMissing({ connection, topics, rebuild, openLoader }: RebuildFromTopics): Promise<void> {
  const missing: { readonly transaction: Transaction; readonly eventTimeMs: number }[] = [];
  const ends = await readTopicEnds(connection, topics.transactions);
  await scanTopic(connection, topics.transactions, ends, (records) => {
    for (const { value, key, timestampMs } of records) {
      const parsed = parseTransaction(value, key, timestampMs, anyTime);
      if (parsed.kind === 'ok' && rebuild.isMissing(parsed.transaction)) missing.push(parsed);
    }
  });
  missing.sort((left, right) => left.eventTimeMs - right.eventTimeMs);
  const loader = await openLoader();
  for (const { transaction } of missing) await loader.add(transaction);
  await loader.finish();
}

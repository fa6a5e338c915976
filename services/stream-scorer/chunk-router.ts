// services/stream-scorer/chunk-router.ts: a consumed chunk → runs of one topic, each through its own steps in order, then committed; and the counts.
import type { ConsumedChunk } from '../../shared/kafka/chunk-dispatcher.ts';
import type { InputRecord } from '../../shared/kafka/records.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import { countRuleHits } from '../../shared/rules/rule-metrics.ts';
import type { Chunk, Step, StoredChunk } from './chunk.ts';
import type { FollowingClock } from './replay-clock.ts';

export interface ChunkRouter {
  readonly onChunk: (chunk: ConsumedChunk) => Promise<void>;
  /** consumed = decided + applied + deadLettered + redelivered (+ outcomes). */
  readonly counts: () => Record<string, number>;
}

/** Maximal runs of one topic, in order: aligned chunks mix transactions and outcomes. */
export function splitByTopic(records: readonly InputRecord[]): InputRecord[][] {
  const runs: InputRecord[][] = [];
  for (const record of records) {
    const last = runs.at(-1);
    if (last && last[0].topic === record.topic) last.push(record);
    else runs.push([record]);
  }
  return runs;
}

export function createChunkRouter(parts: {
  readonly transactionsTopic: string;
  readonly clock: FollowingClock;
  readonly metrics: ScorerMetrics;
  readonly runTransactions: Step<Chunk, StoredChunk>;
  readonly markOutcomes: (records: readonly InputRecord[]) => Promise<void>;
}): ChunkRouter {
  const { metrics, clock, transactionsTopic } = parts;
  const counts = { consumed: 0, decided: 0, applied: 0, deadLettered: 0, redelivered: 0, outcomes: 0 };
  /** Runs done of a chunk that is owed: handed out again after a failure, it goes on where it failed. */
  const runsDone = new WeakMap<readonly InputRecord[], number>();

  const count = (done: StoredChunk): void => {
    for (const { decision } of done.evaluated) {
      if (decision) metrics.decided.inc({ decision: decision.decision, tier: decision.tier });
      else metrics.applied.inc();
      if (decision && decision.decision !== 'approve') metrics.flagged.inc({ reasons: decision.reasonsFrom });
      countRuleHits(metrics, decision?.rules);
      counts[decision ? 'decided' : 'applied'] += 1;
    }
    for (const { error } of done.refused) metrics.deadLettered.inc({ reason: error.code });
    const again = done.recalled.length + done.repeats.length;
    metrics.redelivered.inc(again);
    metrics.chunkRecords.observe(done.records.length);
    counts.deadLettered += done.refused.length;
    counts.redelivered += again;
  };

  return {
    counts: () => ({ ...counts }),
    onChunk: async (consumed) => {
      const runs = splitByTopic(consumed.records).entries();
      for (const [index, records] of runs) {
        if (index < (runsDone.get(consumed.records) ?? 0)) continue;
        const [{ topic }] = records;
        clock.follow(records);
        if (topic === transactionsTopic)
          count(
            await parts.runTransactions({
              records,
              receivedAtMs: clock.now(),
              isStale: () => consumed.isStale(),
            }),
          );
        else {
          await parts.markOutcomes(records);
          counts.outcomes += records.length;
        }
        metrics.consumed.inc({ topic }, records.length);
        counts.consumed += records.length;
        runsDone.set(consumed.records, index + 1);
      }
      await consumed.commit();
    },
  };
}

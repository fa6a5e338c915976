// services/stream-scorer/release-evidence.ts: now and then looks whether transactions have come for which evidence was parked, and sends it.
import type { Clock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import { cloudEventHeaders, type OutputRecord } from '../../shared/kafka/records.ts';
import { findInDecisions, type TransactionFacts } from '../../shared/labels/find-transactions.ts';
import { completeDraft, type OutcomeDraft } from '../../shared/labels/outcome-draft.ts';
import { createParkedEvidence } from '../../shared/labels/parked-evidence.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import { createLmdbEvidenceTable } from '../../shared/sequence/lmdb-evidence-table.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';

const EVERY_MS = 2_000;

interface Releasing {
  readonly settings: { readonly stateDirectory: string };
  readonly topicNames: { readonly outcomes: string };
  readonly store: StateStore;
  readonly producer: Producer;
  readonly clock: Clock;
  readonly metrics: ScorerMetrics;
  readonly log: Logger;
}

function toRecord(topic: string, draft: OutcomeDraft, facts: TransactionFacts): OutputRecord {
  const outcome = completeDraft(draft, facts);
  const { outcomeId: id, labeledAt: time } = outcome;
  return {
    topic,
    key: outcome.cardToken,
    value: Buffer.from(JSON.stringify(outcome)),
    headers: cloudEventHeaders({ id, type: 'outcome.v1', source: 'stream-scorer', time }),
  };
}

/** Beside the stream, never in it: a failure waits for the next time. */
export function startReleasingEvidence(parts: Releasing): { stop(): Promise<void> } {
  const { settings, topicNames, store, producer, clock, metrics, log } = parts;
  const table = createLmdbEvidenceTable({ directory: settings.stateDirectory });
  const parked = createParkedEvidence({ table, find: findInDecisions(store) });
  let underWay: Promise<void> = Promise.resolve();
  const release = async (): Promise<void> => {
    try {
      const { joined, expired } = await parked.release(clock.now(), (found) =>
        producer.send(found.map(({ draft, facts }) => toRecord(topicNames.outcomes, draft, facts))),
      );
      metrics.parkedEvidence.inc({ end: 'joined' }, joined);
      metrics.parkedEvidence.inc({ end: 'expired' }, expired);
    } catch (error) {
      if (!(error instanceof AppError && error.retryable)) throw error;
      log.warn({ err: error }, 'parked evidence waits for the next time');
    }
  };
  const timer = setInterval(() => {
    underWay = underWay.then(release);
    underWay.catch((error: unknown) => log.error({ err: error }, 'parked evidence was not released'));
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay.catch(() => {});
      await table.close();
    },
  };
}

// services/stream-scorer/steps/store-decisions.ts: append, decision bytes, outputs and input offsets in one store transaction, before anything is emitted.

import type { Tombstones } from '../../../shared/erasure/tombstones.ts';
import { AppError } from '../../../shared/errors.ts';
import { encodeOutputs } from '../../../shared/kafka/outbox-codec.ts';
import { offsetsAfter } from '../../../shared/kafka/records.ts';
import type {
  OutboxEntry,
  StateChange,
  StateStore,
  StoredDecision,
} from '../../../shared/sequence/state-store.ts';
import type { EvaluatedChunk, EvaluatedTransaction, Step, StoredChunk } from '../chunk.ts';
import type { OutputWriter } from '../outputs.ts';

/** How long decisions are remembered, ms: those that alerted until their latest label, the rest until nobody retries. */
export interface Retention {
  readonly quietMs: number;
  readonly alertedMs: number;
}

/** Entries acknowledged since the last commit; they are forgotten with the next one. */
export interface AcknowledgedEntries {
  take(): Omit<OutboxEntry, 'bytes'>[];
  add(entry: Omit<OutboxEntry, 'bytes'>): void;
}

export function createAcknowledgedEntries(): AcknowledgedEntries {
  let entries: Omit<OutboxEntry, 'bytes'>[] = [];
  return {
    take: () => {
      const taken = entries;
      entries = [];
      return taken;
    },
    add: (entry) => {
      entries.push(entry);
    },
  };
}

function toStoredDecisions(
  evaluated: readonly EvaluatedTransaction[],
  nowMs: number,
  retention: Retention,
): StoredDecision[] {
  return evaluated.flatMap(({ received, decision, decisionBytes }) => {
    if (!decisionBytes) return [];
    const keepMs = decision?.decision === 'approve' ? retention.quietMs : retention.alertedMs;
    const { decisionKey, contentHash } = received;
    return [{ decisionKey, contentHash, bytes: decisionBytes, keepUntilMs: nowMs + keepMs }];
  });
}

/** The chunk's own commit; a crash before it leaves nothing, a crash after it leaves everything, outputs included. */
export function createStoreDecisionsStep(parts: {
  readonly store: StateStore;
  readonly outputs: OutputWriter;
  readonly acknowledged: AcknowledgedEntries;
  readonly retention: Retention;
  readonly erasures: Pick<Tombstones, 'isErased'>;
}): Step<EvaluatedChunk, StoredChunk> {
  return async function storeDecisions(chunk) {
    requireNotErasedMeanwhile(chunk, parts.erasures);
    const outputs = parts.outputs.write(chunk);
    const [first] = chunk.records;
    const acknowledged = parts.acknowledged.take();
    const change: StateChange = {
      appends: chunk.evaluated.flatMap(({ evaluation }) => evaluation.appends),
      decisions: toStoredDecisions(chunk.evaluated, chunk.receivedAtMs, parts.retention),
      inputOffsets: offsetsAfter(chunk.records),
      outbox: first && outputs.length > 0 ? [{ ...positionOf(first), bytes: encodeOutputs(outputs) }] : [],
      acknowledged,
    };
    try {
      await parts.store.commit(change);
    } catch (error) {
      for (const entry of acknowledged) parts.acknowledged.add(entry);
      throw error;
    }
    return { ...chunk, outputs };
  };
}

/** @throws AppError FRAUD_STORE_CONFLICT, retryable: the chunk is taken again from its bytes, without the card */
function requireNotErasedMeanwhile(
  { evaluated }: EvaluatedChunk,
  erasures: Pick<Tombstones, 'isErased'>,
): void {
  for (const { received } of evaluated) {
    const { portfolioId, cardToken } = received.transaction;
    if (erasures.isErased(portfolioId, cardToken, received.eventTimeMs)) {
      throw new AppError('FRAUD_STORE_CONFLICT', { detail: 'A card was erased while it was being scored.' });
    }
  }
}

/** Where a chunk's outbox entry is filed: under its first record. */
export function positionOf({
  topic,
  partition,
  offset,
}: Omit<OutboxEntry, 'bytes'>): Omit<OutboxEntry, 'bytes'> {
  return { topic, partition, offset };
}

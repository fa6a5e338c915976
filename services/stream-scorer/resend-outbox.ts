// services/stream-scorer/resend-outbox.ts: outputs that were stored but perhaps never acknowledged go out again, before anything new is read.
import type { AssignedPartition } from '../../shared/kafka/chunk-dispatcher.ts';
import { decodeOutputs } from '../../shared/kafka/outbox-codec.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { type AcknowledgedEntries, positionOf } from './steps/store-decisions.ts';

/** Called with the partitions just assigned. The bytes are those of the first time: readers keep the first copy. */
export function createResendOutbox(parts: {
  readonly store: StateStore;
  readonly producer: Producer;
  readonly log: Logger;
}): (partitions: readonly AssignedPartition[]) => Promise<void> {
  return async (partitions) => {
    for (const { topic, partition } of partitions) {
      const entries = await parts.store.readOutbox(topic, partition);
      if (entries.length === 0) continue;
      parts.log.info(
        { topic, partition, chunks: entries.length },
        'resending outputs that were not acknowledged',
      );
      for (const { bytes } of entries) await parts.producer.send(decodeOutputs(bytes));
      await parts.store.commit({ acknowledged: entries.map(positionOf) });
    }
  };
}

/** Called with the partitions given up: acknowledged entries wait for the next commit, and there is none. What stays is only sent again. */
export function createForgetAcknowledged(parts: {
  readonly store: StateStore;
  readonly acknowledged: AcknowledgedEntries;
  readonly log: Logger;
}): () => Promise<void> {
  return async () => {
    const acknowledged = parts.acknowledged.take();
    if (acknowledged.length === 0) return;
    await parts.store.commit({ acknowledged }).catch((error: unknown) => {
      parts.log.warn({ err: error }, 'outputs that were acknowledged will be sent again');
    });
  };
}

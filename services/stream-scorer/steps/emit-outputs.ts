// services/stream-scorer/steps/emit-outputs.ts: stored bytes → decisions, alerts, training rows and dead letters; done when the broker has acknowledged them.
import type { Producer } from '../../../shared/kafka/producer.ts';
import type { Step, StoredChunk } from '../chunk.ts';
import { type AcknowledgedEntries, positionOf } from './store-decisions.ts';

/** A failed send throws (retryable): the chunk is tried again, and its decisions are then recalled, not made anew. */
export function createEmitOutputsStep(parts: {
  readonly producer: Producer;
  readonly acknowledged: AcknowledgedEntries;
}): Step<StoredChunk, StoredChunk> {
  return async function emitOutputs(chunk) {
    await parts.producer.send(chunk.outputs);
    const [first] = chunk.records;
    // A fenced member must not forget what the new owner may have filed under the same place: it is sent again, the same bytes.
    if (first && !chunk.isStale()) parts.acknowledged.add(positionOf(first));
    return chunk;
  };
}

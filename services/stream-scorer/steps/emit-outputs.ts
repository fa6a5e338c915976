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
    if (first) parts.acknowledged.add(positionOf(first));
    return chunk;
  };
}

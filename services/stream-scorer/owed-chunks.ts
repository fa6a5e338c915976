// services/stream-scorer/owed-chunks.ts: chunks that were stored and not yet acknowledged: a retry sends the same outputs instead of making fewer.
import type { Chunk, Step, StoredChunk } from './chunk.ts';

/** First and last input record: the same chunk again, and no other. */
function nameOf({ records }: Chunk): string {
  const ends = [records[0], records.at(-1)];
  return ends
    .map((record) => (record ? `${record.topic}-${record.partition}@${record.offset}` : ''))
    .join('…');
}

/**
 * Runs `prepare` (everything up to the store) once per chunk and `emit` until it succeeds. Without it a retry after a failed
 * send would recall the decisions just stored, and write an outbox entry without training rows over the full one.
 */
export function resumeFromStored(
  prepare: Step<Chunk, StoredChunk>,
  emit: Step<StoredChunk, StoredChunk>,
): Step<Chunk, StoredChunk> {
  const owed = new Map<string, StoredChunk>();
  return async (chunk) => {
    const name = nameOf(chunk);
    const stored = owed.get(name) ?? (await prepare(chunk));
    owed.set(name, stored);
    try {
      const done = await emit(stored);
      owed.delete(name);
      return done;
    } catch (error) {
      // Nobody will ask for it again: the outbox has it for whoever owns the partition next.
      if (chunk.isStale()) owed.delete(name);
      throw error;
    }
  };
}

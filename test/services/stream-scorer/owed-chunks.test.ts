// test/services/stream-scorer/owed-chunks.test.ts: a chunk whose outputs could not be sent is sent again as it was stored.
import { expect, test } from 'vitest';
import type { Chunk, StoredChunk } from '../../../services/stream-scorer/chunk.ts';
import { resumeFromStored } from '../../../services/stream-scorer/owed-chunks.ts';

const chunkAt = (offset: bigint): Chunk => ({
  receivedAtMs: 0,
  isStale: () => false,
  records: [{ topic: 't', partition: 0, offset, timestampMs: 0, key: null, value: null, headers: {} }],
});
const empty = { received: [], refused: [], fresh: [], recalled: [], repeats: [], evaluated: [] };

/** A broker that refuses the first `failures` sends. */
function createParts(failures: number) {
  let prepared = 0;
  const sent: string[] = [];
  const run = resumeFromStored(
    (chunk): StoredChunk => {
      prepared++;
      return { ...chunk, ...empty, outputs: [{ topic: `made ${prepared}`, key: null, value: null }] };
    },
    (stored) => {
      if (failures-- > 0) throw new Error('broker gone');
      sent.push(stored.outputs[0].topic);
      return stored;
    },
  );
  return { run, sent, preparedCount: () => prepared };
}

test('a retry after a failed send emits what was stored and evaluates nothing again', async () => {
  const { run, sent, preparedCount } = createParts(2);
  await expect(run(chunkAt(5n))).rejects.toThrow('broker gone');
  await expect(run(chunkAt(5n))).rejects.toThrow('broker gone');
  await run(chunkAt(5n));
  expect(sent).toEqual(['made 1']);
  expect(preparedCount()).toBe(1);
});

test('another chunk, and the same one after it was sent, are prepared anew', async () => {
  const { run, sent } = createParts(0);
  await run(chunkAt(5n));
  await run(chunkAt(6n));
  await run(chunkAt(5n));
  expect(sent).toEqual(['made 1', 'made 2', 'made 3']);
});

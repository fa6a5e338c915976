// test/services/stream-scorer/emit-outputs.test.ts: outputs count as acknowledged only while the partition is ours.
import { expect, test } from 'vitest';
import type { StoredChunk } from '../../../services/stream-scorer/chunk.ts';
import { createEmitOutputsStep } from '../../../services/stream-scorer/steps/emit-outputs.ts';
import { createAcknowledgedEntries } from '../../../services/stream-scorer/steps/store-decisions.ts';

const chunkThat = (isStale: boolean): StoredChunk => ({
  receivedAtMs: 0,
  isStale: () => isStale,
  records: [{ topic: 't', partition: 0, offset: 7n, timestampMs: 0, key: null, value: null, headers: {} }],
  received: [],
  refused: [],
  fresh: [],
  recalled: [],
  repeats: [],
  evaluated: [],
  outputs: [{ topic: 'out', key: null, value: null }],
});

async function emit(isStale: boolean) {
  const acknowledged = createAcknowledgedEntries();
  const sent: string[] = [];
  const producer = {
    send: async (records: readonly { topic: string }[]) => {
      sent.push(...records.map(({ topic }) => topic));
    },
    close: async () => {},
  };
  await createEmitOutputsStep({ producer, acknowledged })(chunkThat(isStale));
  return { sent, acknowledged: acknowledged.take() };
}

test('a chunk that was sent is acknowledged under its first record', async () => {
  expect(await emit(false)).toEqual({
    sent: ['out'],
    acknowledged: [{ topic: 't', partition: 0, offset: 7n }],
  });
});

test('a fenced member sends what it stored and leaves it in the outbox for the new owner', async () => {
  expect(await emit(true)).toEqual({ sent: ['out'], acknowledged: [] });
});

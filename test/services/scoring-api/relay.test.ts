// test/services/scoring-api/relay.test.ts: what the broker took is forgotten without waiting for anybody, and an erased card neither waits in a file nor is sent again.
import { expect, onTestFinished, test } from 'vitest';
import {
  createRelay,
  OUTBOX_PARTITION,
  OUTBOX_TOPIC,
  type Relay,
} from '../../../services/scoring-api/relay.ts';
import { decodeOutputs, encodeOutputs } from '../../../shared/kafka/outbox-codec.ts';
import type { OutputRecord } from '../../../shared/kafka/records.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';

const record = (cardToken: string): OutputRecord => ({
  topic: 'transactions',
  key: cardToken,
  value: Buffer.from(
    JSON.stringify({ portfolioId: 'default', cardToken, eventTime: '2026-11-24T12:00:00Z' }),
  ),
  headers: {},
});

function useRelay(store: StateStore, send: (records: readonly OutputRecord[]) => Promise<void>): Relay {
  const relay = createRelay({
    store,
    log: createLogger('test', 'silent'),
    openProducer: async () => ({ send, close: async () => {} }),
    tombstones: {
      isErased: (_portfolio, card) => card === 'tok_gone',
      list: () => [{ digest: 'of the erased card', erasedAtMs: 0 }],
    },
  });
  onTestFinished(() => relay.close());
  return relay;
}

const place = (offset: bigint) => ({ topic: OUTBOX_TOPIC, partition: OUTBOX_PARTITION, offset });

async function file(store: StateStore, relay: Relay, offset: bigint, records: readonly OutputRecord[]) {
  await store.commit({ outbox: [{ ...place(offset), bytes: encodeOutputs(records) }] });
  relay.send(place(offset), records);
}

const readFiled = async (store: StateStore) =>
  (await store.readOutbox(OUTBOX_TOPIC, OUTBOX_PARTITION)).map(({ bytes }) =>
    decodeOutputs(bytes).map(({ key }) => Buffer.from(key ?? '').toString()),
  );

test('what the broker took is forgotten although nobody records anything more', async () => {
  const store = createMemoryStateStore();
  const relay = useRelay(store, async () => {});
  await file(store, relay, 1n, [record('tok_a')]);
  await expect.poll(() => readFiled(store)).toEqual([]);
});

test('a card erased while the broker is away is taken out of every file that waits', async () => {
  const store = createMemoryStateStore();
  const relay = useRelay(store, async () => Promise.reject(new Error('gone')));
  await file(store, relay, 1n, [record('tok_gone'), record('tok_a')]);
  await file(store, relay, 2n, [record('tok_gone')]);
  expect(await relay.erase('tok_gone')).toBe(2);
  expect(await readFiled(store)).toEqual([['tok_a'], []]);
});

test('files of a process that was killed go out without the cards erased since', async () => {
  const store = createMemoryStateStore();
  await store.commit({
    outbox: [{ ...place(1n), bytes: encodeOutputs([record('tok_gone'), record('tok_a')]) }],
  });
  const sent: string[] = [];
  const relay = useRelay(store, async (records) => {
    sent.push(...records.map(({ key }) => Buffer.from(key ?? '').toString()));
  });
  await relay.resume();
  await expect.poll(() => relay.waiting()).toBe(0);
  expect(sent).toEqual(['tok_a']);
  await expect.poll(() => readFiled(store)).toEqual([]);
});

// test/bench/open-loop-stream.ts: lines sent to Kafka at a fixed rate, whatever comes back; each record carries the instant at which it was to be sent.
import { setTimeout as wait } from 'node:timers/promises';
import type { TopicTable } from '../../schemas/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import type { MappedLine } from '../../shared/replay/read-mapped.ts';
import { toRecord } from '../../shared/replay/send-lines.ts';

const TICK_MS = 5;

export interface OpenLoopStream {
  /** Rejects when the broker takes nothing any more. */
  readonly failed: Promise<never>;
  /** Sends nothing more; resolves with the number of transactions when all are acknowledged. */
  stop(): Promise<number>;
}

/** @param perSecond lines per second, transactions and outcomes alike */
export async function startOpenLoop(
  lines: AsyncIterator<MappedLine>,
  { connection, topics }: { readonly connection: KafkaConnection; readonly topics: TopicTable },
  perSecond: number,
): Promise<OpenLoopStream> {
  const producer = await createProducer({ connection });
  const startedAtMs = systemClock.now();
  const underWay = new Set<Promise<void>>();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  let isOver = false;
  let transactions = 0;
  const send = (records: readonly OutputRecord[]): void => {
    if (records.length === 0) return;
    const sending = producer.send(records).catch(fail);
    underWay.add(sending);
    sending.finally(() => underWay.delete(sending));
  };
  const run = async (): Promise<void> => {
    for (let sent = 0; !isOver; ) {
      const due = Math.floor(((systemClock.now() - startedAtMs) * perSecond) / 1_000);
      const records: OutputRecord[] = [];
      for (; sent < due; sent++) {
        const { value: line } = await lines.next();
        if (!line) continue;
        if (line.kind === 'transaction') transactions++;
        const timestampMs = Math.round(startedAtMs + (sent * 1_000) / perSecond);
        records.push({ ...toRecord(line, { topics, source: 'bench' }), timestampMs });
      }
      send(records);
      await wait(TICK_MS);
    }
  };
  const running = run();
  return {
    failed,
    stop: async () => {
      isOver = true;
      await running;
      await Promise.all(underWay);
      await producer.close();
      return transactions;
    },
  };
}

// test/shared/replay/send-lines.test.ts: a replay's records: topic, key and times; order kept; paced; stoppable.
import { describe, expect, it } from 'vitest';
import { topics } from '../../../schemas/topics.ts';
import { createSettableClock, systemClock } from '../../../shared/clock.ts';
import { parseOutcome } from '../../../shared/edge/parse-outcome.ts';
import { parseTransaction } from '../../../shared/edge/parse-transaction.ts';
import type { Producer } from '../../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../../shared/kafka/records.ts';
import { createPacer } from '../../../shared/replay/pacer.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { sendLines } from '../../../shared/replay/send-lines.ts';

const start = Date.parse('2018-06-01T00:00:00Z');
const transactionLine = (index: number): MappedLine => ({
  kind: 'transaction',
  eventTimeMs: start + index * 1000,
  label: undefined,
  transaction: {
    transactionId: `t${index}`,
    portfolioId: 'p',
    type: 'authorization',
    eventTime: new Date(start + index * 1000).toISOString(),
    cardToken: `tok_${index % 7}`,
    amountMinor: 100,
    currency: 'EUR',
  },
});
const outcomeLine: MappedLine = {
  kind: 'outcome',
  knownAtMs: start + 86_400_000,
  outcome: {
    outcomeId: 't1',
    action: 'new',
    kind: 'fraud-report',
    transactionId: 't1',
    portfolioId: 'p',
    cardToken: 'tok_1',
    transactionTime: new Date(start + 1000).toISOString(),
    label: 'fraud',
    labeledAt: new Date(start + 86_400_000).toISOString(),
  },
};

/** Keeps what it was given, request by request. */
class RecordingProducer implements Producer {
  readonly requests: (readonly OutputRecord[])[] = [];
  async send(records: readonly OutputRecord[]): Promise<void> {
    this.requests.push(records);
  }
  async close(): Promise<void> {}
  get records(): readonly OutputRecord[] {
    return this.requests.flat();
  }
}

async function* chunksOf(lines: readonly MappedLine[]) {
  yield lines;
}
const send = (lines: readonly MappedLine[], producer: Producer, more: { isStopped?: () => boolean } = {}) =>
  sendLines(chunksOf(lines), {
    producer,
    topics,
    pace: { kind: 'unlimited' },
    clock: systemClock,
    source: 'test',
    ...more,
  });

describe('a replay', () => {
  it('sends every line once, in order, in slices', async () => {
    const producer = new RecordingProducer();
    const lines = Array.from({ length: 5_000 }, (_, index) => transactionLine(index));
    expect(await send(lines, producer)).toEqual({ transactions: 5_000, outcomes: 0 });
    expect(producer.requests.length).toBeGreaterThan(1);
    const ids = producer.records.map(
      ({ value }) => JSON.parse(Buffer.from(value ?? []).toString()).transactionId,
    );
    expect(ids).toEqual(lines.map((line) => line.kind === 'transaction' && line.transaction.transactionId));
  });

  it('makes records that the edge accepts when the clock stands at their CloudEvents time', async () => {
    const producer = new RecordingProducer();
    await send([transactionLine(1), outcomeLine], producer);
    const [transaction, outcome] = producer.records.map((record) => ({
      ...record,
      bytes: Buffer.from(record.value ?? []),
      keyBytes: Buffer.from(String(record.key)),
      timeMs: Date.parse(String(record.headers?.ce_time)),
    }));
    if (!transaction || !outcome) throw new Error('expected two records');
    expect(transaction.topic).toBe('fraud.transactions.v1');
    expect(outcome.topic).toBe('fraud.outcomes.v1');
    expect(transaction.timestampMs).toBeUndefined();
    expect(parseTransaction(transaction.bytes, transaction.keyBytes, transaction.timeMs).kind).toBe('ok');
    expect(parseOutcome(outcome.bytes, outcome.keyBytes, outcome.timeMs).kind).toBe('ok');
  });

  it('ends after the slice under way when it is stopped', async () => {
    const producer = new RecordingProducer();
    const lines = Array.from({ length: 5_000 }, (_, index) => transactionLine(index));
    const sent = await send(lines, producer, { isStopped: () => producer.requests.length > 0 });
    expect(sent.transactions).toBe(producer.records.length);
    expect(sent.transactions).toBeLessThan(5_000);
  });

  it('passes on what the producer fails with', async () => {
    const failing: Producer = { send: () => Promise.reject(new Error('broken')), close: async () => {} };
    await expect(send([transactionLine(1)], failing)).rejects.toThrow('broken');
  });
});

describe('a pace', () => {
  it('by rate spaces lines evenly, whatever their event time', () => {
    const clock = createSettableClock(1_000);
    const pacer = createPacer({ kind: 'rate', perSecond: 100 }, clock);
    expect([pacer.dueIn(5), pacer.dueIn(5), pacer.dueIn(9e9)]).toEqual([0, 10, 20]);
    clock.set(1_025);
    expect(pacer.dueIn(9e9)).toBe(5);
  });

  it('by speed keeps the distances of event time, divided', () => {
    const clock = createSettableClock(1_000);
    const pacer = createPacer({ kind: 'speed', factor: 1000 }, clock);
    expect([pacer.dueIn(start), pacer.dueIn(start + 60_000)]).toEqual([0, 60]);
    clock.set(1_100);
    expect(pacer.dueIn(start + 60_000)).toBe(-40);
  });
});

// shared/replay/send-lines.ts: lines of a replay → records of the transactions and outcomes topics, paced and in order.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicTable } from '../../schemas/topics.ts';
import type { Clock } from '../clock.ts';
import type { Producer } from '../kafka/producer.ts';
import { cloudEventHeaders, type OutputRecord } from '../kafka/records.ts';
import { createPacer, type Pace } from './pacer.ts';
import type { MappedLine } from './read-mapped.ts';

export interface SendOptions {
  readonly producer: Producer;
  readonly topics: TopicTable;
  readonly pace: Pace;
  readonly clock: Clock;
  /** Name of the maker in the records' headers. */
  readonly source: string;
  /** Asked before every slice; true ends the replay after what is under way. */
  readonly isStopped?: () => boolean;
  /** Called when a slice is acknowledged. */
  readonly onSent?: (counts: SentCounts) => void;
}

export interface SentCounts {
  readonly transactions: number;
  readonly outcomes: number;
}

/** Records of one slice at most: small enough that all partitions advance together. */
const SLICE = 2_000;
/** Waits shorter than this are not worth a timer. */
const SHORTEST_WAIT_MS = 5;

/**
 * Sends lines in the order given. A slice goes to all partitions in one request and is acknowledged before the
 * one after the next leaves: no partition is ever more than two slices of event time ahead of another. The
 * payload keeps its event time, which also is the CloudEvents time; the record's timestamp is the time of sending.
 */
export async function sendLines(
  chunks: AsyncIterable<readonly MappedLine[]>,
  options: SendOptions,
): Promise<SentCounts> {
  const { producer, clock, isStopped = () => false, onSent } = options;
  const pacer = createPacer(options.pace, clock);
  const counts = { transactions: 0, outcomes: 0 };
  let underWay: Promise<void> = Promise.resolve();
  let slice: OutputRecord[] = [];
  const flush = async () => {
    const records = slice;
    slice = [];
    await underWay;
    onSent?.({ ...counts });
    underWay = producer.send(records);
    // Awaited with the next slice; until then a failure is nobody's unhandled rejection.
    underWay.catch(() => {});
  };
  for await (const line of linesOf(chunks, isStopped)) {
    const waitMs = pacer.dueIn(timeOf(line));
    if (waitMs > SHORTEST_WAIT_MS) {
      await flush();
      await sleep(waitMs);
    }
    slice.push(toRecord(line, options));
    counts[line.kind === 'transaction' ? 'transactions' : 'outcomes']++;
    if (slice.length >= SLICE) await flush();
  }
  await flush();
  await underWay;
  onSent?.({ ...counts });
  return counts;
}

async function* linesOf(
  chunks: AsyncIterable<readonly MappedLine[]>,
  isStopped: () => boolean,
): AsyncGenerator<MappedLine> {
  for await (const chunk of chunks)
    for (const line of chunk) {
      if (isStopped()) return;
      yield line;
    }
}

const timeOf = (line: MappedLine) => (line.kind === 'transaction' ? line.eventTimeMs : line.knownAtMs);

/** The record of one line; keyed by card, so that a card's transactions and outcomes share a partition number. */
export function toRecord(
  line: MappedLine,
  { topics, source }: Pick<SendOptions, 'topics' | 'source'>,
): OutputRecord {
  if (line.kind === 'transaction') {
    const { transactionId, cardToken, eventTime } = line.transaction;
    return {
      topic: topics.transactions.name,
      key: cardToken,
      value: Buffer.from(JSON.stringify(line.transaction)),
      headers: cloudEventHeaders({ id: transactionId, type: 'transaction.v1', source, time: eventTime }),
    };
  }
  const { outcomeId, cardToken, labeledAt } = line.outcome;
  return {
    topic: topics.outcomes.name,
    key: cardToken,
    value: Buffer.from(JSON.stringify(line.outcome)),
    headers: cloudEventHeaders({ id: outcomeId, type: 'outcome.v1', source, time: labeledAt }),
  };
}

// shared/kafka/audit.ts: conservation, recomputed from the topics alone: every input record is decided, applied, refused or redelivered. Shares no counter with the scorer.
import { hash } from 'node:crypto';
import type { TopicTable } from '../../schemas/topics.ts';
import { openAdmin, type PartitionEnds } from './admin.ts';
import type { KafkaConnection } from './connection.ts';
import { deadLetterHeaders } from './dead-letter.ts';
import { readToEnd } from './read-to-end.ts';
import { headerText, INPUT_HEADER, type InputRecord } from './records.ts';

/** Counts of records, and whether they add up. */
export interface AuditReport {
  /** Records on the transactions topic. */
  readonly transactions: number;
  /** Distinct decision ids. */
  readonly decisions: number;
  readonly applied: number;
  readonly deadLetters: number;
  /** Input records answered by a decision or application that another input record had before: repeats of the sender. */
  readonly redelivered: number;
  /** Decision records beyond the first of their id (crashes, redeliveries). */
  readonly copies: number;
  /** Copies that are not the bytes of the first: must be 0. */
  readonly differingCopies: number;
  /** Input records that nothing answers: must be 0. */
  readonly unanswered: number;
  /** The first few of them, as `<topic>-<partition>@<offset>`. */
  readonly unansweredExamples: readonly string[];
  readonly alerts: number;
  readonly conserved: boolean;
}

const EXAMPLES = 10;
const DIGEST_CHARACTERS = 22;

/** One bit per input offset of a partition. */
class AnsweredOffsets {
  readonly #ends: ReadonlyMap<number, PartitionEnds>;
  readonly #bits: ReadonlyMap<number, Uint8Array>;

  constructor(ends: readonly PartitionEnds[]) {
    this.#ends = new Map(ends.map((end) => [end.partition, end]));
    this.#bits = new Map(
      ends.map(({ partition, low, high }) => [partition, new Uint8Array(Math.ceil(Number(high - low) / 8))]),
    );
  }

  /** True when the offset exists and was not answered before. */
  mark(partition: number, offset: bigint): boolean {
    const end = this.#ends.get(partition);
    const bits = this.#bits.get(partition);
    if (!end || !bits || offset < end.low || offset >= end.high) return false;
    const index = Number(offset - end.low);
    const bit = 1 << (index % 8);
    const byte = Math.floor(index / 8);
    if ((bits[byte] & bit) !== 0) return false;
    bits[byte] |= bit;
    return true;
  }

  get total(): number {
    return [...this.#ends.values()].reduce((sum, { low, high }) => sum + Number(high - low), 0);
  }

  /** Offsets without an answer. */
  *missing(): Generator<{ partition: number; offset: bigint }> {
    for (const [partition, { low, high }] of this.#ends) {
      const bits = this.#bits.get(partition) ?? new Uint8Array();
      for (let index = 0; index < Number(high - low); index++) {
        if ((bits[Math.floor(index / 8)] & (1 << (index % 8))) === 0)
          yield { partition, offset: low + BigInt(index) };
      }
    }
  }
}

/** Partition and offset out of `<topic>-<partition>@<offset>`. */
function parsePosition(text: string): { partition: number; offset: bigint } | undefined {
  const match = /-(\d+)@(\d+)$/.exec(text);
  return match ? { partition: Number(match[1]), offset: BigInt(match[2]) } : undefined;
}

function markInput(answered: AnsweredOffsets, record: InputRecord): boolean {
  const position = parsePosition(headerText(record.headers, INPUT_HEADER) ?? '');
  return position !== undefined && answered.mark(position.partition, position.offset);
}

/** Reads decisions, training rows of applied events and dead letters. */
async function collect(connection: KafkaConnection, topics: TopicTable, answered: AnsweredOffsets) {
  const digestOf = new Map<string, string>();
  const applied = new Set<string>();
  const counts = { copies: 0, differingCopies: 0, deadLetters: 0, answeredInputs: 0 };
  await readToEnd(connection, topics.decisions.name, (record) => {
    const id = headerText(record.headers, 'ce_id') ?? '';
    const digest = hash('sha256', record.value ?? '', 'base64').slice(0, DIGEST_CHARACTERS);
    const first = digestOf.get(id);
    if (first === undefined) digestOf.set(id, digest);
    else counts.copies++;
    if (first !== undefined && first !== digest) counts.differingCopies++;
    if (markInput(answered, record)) counts.answeredInputs++;
  });
  await readToEnd(connection, topics.trainingRows.name, (record) => {
    if (headerText(record.headers, 'fraud_decided') !== 'false') return;
    applied.add(headerText(record.headers, 'ce_id') ?? '');
    if (markInput(answered, record)) counts.answeredInputs++;
  });
  await readToEnd(connection, topics.transactionDeadLetters.name, ({ headers }) => {
    const partition = Number(headerText(headers, deadLetterHeaders.partition));
    const offset = BigInt(headerText(headers, deadLetterHeaders.offset) ?? '-1');
    if (answered.mark(partition, offset)) counts.deadLetters++;
  });
  return { ...counts, decisions: digestOf.size, applied: applied.size };
}

async function readEnds(connection: KafkaConnection, topic: string): Promise<PartitionEnds[]> {
  const admin = await openAdmin(connection);
  return admin.readEnds(topic).finally(() => admin.close());
}

/**
 * Conserved: every record of the transactions topic is answered, the kinds of answers add up to the number of
 * records, and all copies of a decision are the same bytes. Counts only what is there: run it when the scorer has
 * caught up, and before retention deletes inputs or outputs.
 */
export async function auditTopics(connection: KafkaConnection, topics: TopicTable): Promise<AuditReport> {
  const answered = new AnsweredOffsets(await readEnds(connection, topics.transactions.name));
  const found = await collect(connection, topics, answered);
  const missing = [...answered.missing()];
  const alertEnds = await readEnds(connection, topics.alerts.name);
  const transactions = answered.total;
  const redelivered = found.answeredInputs - found.decisions - found.applied;
  const sum = found.decisions + found.applied + found.deadLetters + redelivered;
  const { answeredInputs: _answered, ...counts } = found;
  return {
    transactions,
    ...counts,
    redelivered,
    unanswered: missing.length,
    unansweredExamples: missing
      .slice(0, EXAMPLES)
      .map(({ partition, offset }) => `${topics.transactions.name}-${partition}@${offset}`),
    alerts: alertEnds.reduce((total, { low, high }) => total + Number(high - low), 0),
    conserved:
      missing.length === 0 && sum === transactions && found.differingCopies === 0 && redelivered >= 0,
  };
}

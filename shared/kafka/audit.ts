// shared/kafka/audit.ts: is every input record answered exactly once? Recomputed from the topics alone, in bounded memory.
import { TextDecoder } from 'node:util';
import { deadLetterTopicOf, type TopicTable } from '../../schemas/topics.ts';
import { decidedTypes } from '../domain/transaction.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import type { KafkaConnection } from './connection.ts';
import { deadLetterHeaders } from './dead-letter.ts';
import { IdTable, OffsetSet } from './id-table.ts';
import { headerText, type InputRecord, positionText } from './records.ts';
import { countRecords, haveGrown, readTopicEnds, scanTopic, type TopicEnds } from './scan-topic.ts';

/** What the topics say. Counts are of records unless they say "distinct". */
export interface AuditReport {
  /** Records of the input topic. */
  readonly transactions: number;
  /** Distinct decided transactions. */
  readonly decisions: number;
  /** Distinct transactions that changed a history and got no decision (clearing, refund, …). */
  readonly applied: number;
  /** Distinct alerts. */
  readonly alerts: number;
  /** Input records that were refused. */
  readonly deadLetters: number;
  /** Further copies of a decision, each the same bytes as the first. */
  readonly redelivered: number;
  /** Input records whose transaction came before. */
  readonly repeatedInputs: number;
  /** Input records without an answer; the first ten by position. */
  readonly unanswered: number;
  readonly unansweredAt: readonly string[];
  /** Copies of a decision whose bytes differ from the first. */
  readonly differingCopies: number;
  /** Decisions of transactions that nobody sent, or that are owed none. */
  readonly unasked: number;
  /** Reviews and declines without an alert. */
  readonly missingAlerts: number;
  /** Topics whose oldest records are gone (retention): what they answered cannot be told. */
  readonly shortened: readonly string[];
  /** True: records came while the topics were read, so that what is not conserved may only not be answered yet. Looked at where something is missing. */
  readonly grewMeanwhile: boolean;
  /** True: each input record is answered by exactly one decision, application or dead letter, all copies are equal, each alert is there. */
  readonly conserved: boolean;
}

const SENT_DECIDED = 1;
const SENT_APPLIED = 2;
const DECIDED = 4;
const APPLIED = 8;
const NEEDS_ALERT = 16;
const ALERTED = 32;

const owedDecision: ReadonlySet<string> = new Set(decidedTypes);
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

interface Identified {
  readonly transactionId?: unknown;
  readonly portfolioId?: unknown;
  readonly type?: unknown;
  readonly decision?: unknown;
  readonly decided?: unknown;
}

/** Undefined for what is not a JSON object in UTF-8. */
function parse(record: InputRecord): Identified | undefined {
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(record.value ?? undefined));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const keyOf = ({ portfolioId = 'default', transactionId }: Identified): string =>
  `${portfolioId}|${transactionId}`;

/** Everything the passes over the topics find out. */
class Ledger {
  readonly ids = new IdTable();
  readonly refused = new OffsetSet();
  transactions = 0;
  deadLetters = 0;
  repeatedInputs = 0;
  unreadable = 0;
  redelivered = 0;
  differingCopies = 0;
  appliedSent = 0;
  readonly unansweredAt: string[] = [];

  readDeadLetter({ headers }: InputRecord): void {
    const partition = Number(headerText(headers, deadLetterHeaders.partition));
    const offset = Number(headerText(headers, deadLetterHeaders.offset));
    if (Number.isSafeInteger(partition) && Number.isSafeInteger(offset)) this.refused.add(partition, offset);
  }

  readInput(record: InputRecord): void {
    this.transactions++;
    if (this.refused.has(record.partition, Number(record.offset))) {
      this.deadLetters++;
      return;
    }
    const transaction = parse(record);
    if (!transaction) {
      this.unreadable++;
      return;
    }
    const sent = owedDecision.has(String(transaction.type ?? 'authorization')) ? SENT_DECIDED : SENT_APPLIED;
    const slot = this.ids.slotOf(hashTransactionId(keyOf(transaction)));
    if (this.ids.bitsAt(slot) & (SENT_DECIDED | SENT_APPLIED)) this.repeatedInputs++;
    else if (sent === SENT_APPLIED) this.appliedSent++;
    this.ids.addBits(slot, sent);
  }

  readDecision(record: InputRecord): void {
    const decision = parse(record) ?? {};
    const slot = this.ids.slotOf(hashTransactionId(keyOf(decision)));
    const content = hashTransactionId(textOf(record.value ?? new Uint8Array()));
    if (this.ids.bitsAt(slot) & DECIDED) {
      if (this.ids.hasContent(slot, content)) this.redelivered++;
      else this.differingCopies++;
    }
    if (!(this.ids.bitsAt(slot) & DECIDED)) this.ids.setContent(slot, content);
    this.ids.addBits(slot, DECIDED | (decision.decision === 'approve' ? 0 : NEEDS_ALERT));
  }

  readAlert(record: InputRecord): void {
    this.ids.addBits(this.ids.slotOf(hashTransactionId(keyOf(parse(record) ?? {}))), ALERTED);
  }

  readTrainingRow(record: InputRecord): void {
    // Rows of decided transactions are the many and the large: they are told apart without parsing.
    if (
      !record.value ||
      !Buffer.from(record.value.buffer, record.value.byteOffset, record.value.length).includes(
        '"decided":false',
      )
    )
      return;
    const row = parse(record);
    if (row?.decided === false) this.ids.addBits(this.ids.slotOf(hashTransactionId(keyOf(row))), APPLIED);
  }

  isAnswered(record: InputRecord): boolean {
    if (this.refused.has(record.partition, Number(record.offset))) return true;
    const transaction = parse(record);
    if (!transaction) return false;
    const bits = this.ids.bitsAt(this.ids.slotOf(hashTransactionId(keyOf(transaction))));
    return !isUnanswered(bits);
  }

  count(isCounted: (bits: number) => boolean): number {
    let count = 0;
    for (const bits of this.ids.allBits()) if (isCounted(bits)) count++;
    return count;
  }
}

const isUnanswered = (bits: number): boolean =>
  ((bits & SENT_DECIDED) !== 0 && (bits & DECIDED) === 0) ||
  ((bits & SENT_APPLIED) !== 0 && (bits & APPLIED) === 0);

function toReport(ledger: Ledger, shortened: readonly string[], isInputWhole: boolean): AuditReport {
  const unanswered = ledger.count(isUnanswered) + ledger.unreadable;
  // Decisions of inputs that retention has removed are not unasked.
  const unasked = isInputWhole
    ? ledger.count((bits) => (bits & DECIDED) !== 0 && (bits & SENT_DECIDED) === 0)
    : 0;
  const missingAlerts = ledger.count((bits) => (bits & NEEDS_ALERT) !== 0 && (bits & ALERTED) === 0);
  const { transactions, deadLetters, redelivered, repeatedInputs, differingCopies, unansweredAt } = ledger;
  return {
    transactions,
    decisions: ledger.count((bits) => (bits & DECIDED) !== 0),
    applied: ledger.count((bits) => (bits & APPLIED) !== 0),
    alerts: ledger.count((bits) => (bits & ALERTED) !== 0),
    deadLetters,
    redelivered,
    repeatedInputs,
    unanswered,
    unansweredAt,
    differingCopies,
    unasked,
    missingAlerts,
    shortened,
    grewMeanwhile: false,
    conserved: unanswered === 0 && unasked === 0 && differingCopies === 0 && missingAlerts === 0,
  };
}

export interface AuditOptions {
  readonly connection: KafkaConnection;
  readonly topics: TopicTable;
  /** Told how many records of how many were read, over all passes. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads dead letters, input, decisions, alerts and (when there is anything to apply) training rows once each.
 * Memory: about 30 bytes per transaction. Records that arrive meanwhile are left out; run it when the scorer has caught up.
 */
export async function auditTopics(options: AuditOptions): Promise<AuditReport> {
  const { connection, topics, onProgress = () => {} } = options;
  const ledger = new Ledger();
  const shortened: string[] = [];
  const ends = new Map<string, TopicEnds>();
  // The input's end first: whatever answers it by then is within the ends of the outputs.
  const deadLetterTopic = deadLetterTopicOf(topics.transactions.name);
  const passes: readonly [string, (record: InputRecord) => void][] = [
    [deadLetterTopic, (record) => ledger.readDeadLetter(record)],
    [topics.transactions.name, (record) => ledger.readInput(record)],
    [topics.decisions.name, (record) => ledger.readDecision(record)],
    [topics.alerts.name, (record) => ledger.readAlert(record)],
    [topics.trainingRows.name, (record) => ledger.readTrainingRow(record)],
  ];
  for (const name of [topics.transactions.name, ...passes.map(([topic]) => topic)]) {
    if (!ends.has(name)) ends.set(name, await readTopicEnds(connection, name));
    const isShortened = ends.get(name)?.some(({ low }) => low > 0n) ?? false;
    if (isShortened && !shortened.includes(name)) shortened.push(name);
  }
  const total = [...ends.values()].reduce((sum, topicEnds) => sum + countRecords(topicEnds), 0);
  let done = 0;
  const scan = (topic: string, read: (record: InputRecord) => void) =>
    scanTopic(connection, topic, ends.get(topic) ?? [], (records) => {
      for (const record of records) read(record);
      done += records.length;
      onProgress(done, total);
    });
  for (const [topic, read] of passes) {
    if (topic === topics.trainingRows.name && ledger.appliedSent === 0) continue;
    await scan(topic, read);
  }
  const isInputWhole = !shortened.includes(topics.transactions.name);
  const report = toReport(ledger, shortened, isInputWhole);
  if (report.unanswered > 0) {
    await scan(topics.transactions.name, (record) => {
      if (ledger.unansweredAt.length < 10 && !ledger.isAnswered(record))
        ledger.unansweredAt.push(positionText(record));
    });
  }
  const grewMeanwhile = !report.conserved && (await haveGrown(connection, ends));
  onProgress(total, total);
  return { ...report, grewMeanwhile };
}

// infra/local/observer.ts: reads decisions, alerts and dead letters like any consumer would, and keeps the figures of a demonstration.
import { randomBytes } from 'node:crypto';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { TopicTable } from '../../schemas/topics.ts';
import type { Clock } from '../../shared/clock.ts';
import { type Alert, alertSchema } from '../../shared/domain/decision.ts';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { type Consumer, createConsumer } from '../../shared/kafka/consumer.ts';
import { deadLetterHeaders } from '../../shared/kafka/dead-letter.ts';
import { headerText, type InputRecord } from '../../shared/kafka/records.ts';

/** What was seen so far. Times are the wall clock, ms. */
export interface Observed {
  readonly sent: number;
  readonly outcomesSent: number;
  readonly decisions: number;
  readonly alerts: number;
  readonly deadLetters: number;
  readonly deadLettersByCode: ReadonlyMap<string, number>;
  readonly frauds: number;
  readonly recentAlerts: readonly { readonly alert: Alert; readonly isFraud: boolean }[];
  readonly firstAlertAtMs: number | undefined;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

export interface Observer {
  /** Notes that a transaction is being sent, with the truth about it. */
  noteSent(transactionId: string, isFraud: boolean): void;
  noteOutcomes(count: number): void;
  observed(): Observed;
  /** Average precision of all decisions so far against the truth; undefined without a fraud. */
  precision(): number | undefined;
  close(): Promise<void>;
}

interface DecisionView {
  readonly transactionId: string;
  readonly score: number;
}

const RECENT = 8;

/** Everything that needs no broker. */
export class Tally {
  readonly #clock: Clock;
  /** Sent and not yet decided: wall clock, ms. */
  readonly #sentAt = new Map<string, number>();
  readonly #fraudIds = new Set<string>();
  readonly #scores: number[] = [];
  readonly #labels: number[] = [];
  readonly #latency: RecordableHistogram = createHistogram();
  readonly #byCode = new Map<string, number>();
  readonly #recent: { alert: Alert; isFraud: boolean }[] = [];
  #sent = 0;
  #outcomes = 0;
  #alerts = 0;
  #deadLetters = 0;
  #firstAlertAtMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  noteSent(transactionId: string, isFraud: boolean): void {
    this.#sent++;
    this.#sentAt.set(transactionId, this.#clock.now());
    if (isFraud) this.#fraudIds.add(transactionId);
  }

  noteOutcomes(count: number): void {
    this.#outcomes += count;
  }

  /** The first copy counts. */
  addDecision({ transactionId, score }: DecisionView, emittedAtMs: number): void {
    const sentAt = this.#sentAt.get(transactionId);
    if (sentAt === undefined) return;
    this.#sentAt.delete(transactionId);
    // Microseconds, at least one: the histogram takes positive integers.
    this.#latency.record(Math.max(1, Math.round((emittedAtMs - sentAt) * 1000)));
    this.#scores.push(score);
    this.#labels.push(this.#fraudIds.has(transactionId) ? 1 : 0);
  }

  addAlert(alert: Alert): void {
    this.#alerts++;
    this.#firstAlertAtMs ??= this.#clock.now();
    this.#recent.unshift({ alert, isFraud: this.#fraudIds.has(alert.transactionId) });
    this.#recent.length = Math.min(this.#recent.length, RECENT);
  }

  addDeadLetter(code: string): void {
    this.#deadLetters++;
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
  }

  observed(): Observed {
    const percentile = (share: number) => Math.round(this.#latency.percentile(share)) / 1000;
    return {
      sent: this.#sent,
      outcomesSent: this.#outcomes,
      decisions: this.#scores.length,
      alerts: this.#alerts,
      deadLetters: this.#deadLetters,
      deadLettersByCode: this.#byCode,
      frauds: this.#fraudIds.size,
      recentAlerts: this.#recent,
      firstAlertAtMs: this.#firstAlertAtMs,
      latencyMs: { p50: percentile(50), p99: percentile(99) },
    };
  }

  precision(): number | undefined {
    if (!this.#labels.includes(1)) return undefined;
    return averagePrecision({ scores: this.#scores, labels: this.#labels });
  }
}

const parse = ({ value }: InputRecord): unknown => JSON.parse(Buffer.from(value ?? []).toString());

/** Joins with a group of its own, so that it reads everything and disturbs nobody. */
export async function startObserver(
  connection: KafkaConnection,
  topics: TopicTable,
  clock: Clock,
): Promise<Observer> {
  const tally = new Tally(clock);
  const readers: Readonly<Record<string, (record: InputRecord) => void>> = {
    [topics.decisions.name]: (record) => tally.addDecision(parse(record) as DecisionView, record.timestampMs),
    [topics.alerts.name]: (record) => tally.addAlert(alertSchema.parse(parse(record))),
    [topics.transactionDeadLetters.name]: ({ headers }) =>
      tally.addDeadLetter(headerText(headers, deadLetterHeaders.code) ?? 'unknown'),
  };
  const consumer: Consumer = createConsumer({
    connection,
    groupId: `observer-${randomBytes(6).toString('hex')}`,
    topics: Object.keys(readers),
    maxChunkRecords: 1000,
    onChunk: async ({ records }) => {
      for (const record of records) readers[record.topic]?.(record);
    },
  });
  await consumer.start();
  return {
    noteSent: (transactionId, isFraud) => tally.noteSent(transactionId, isFraud),
    noteOutcomes: (count) => tally.noteOutcomes(count),
    observed: () => tally.observed(),
    precision: () => tally.precision(),
    close: () => consumer.stop(),
  };
}

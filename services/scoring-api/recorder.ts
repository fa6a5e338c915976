// services/scoring-api/recorder.ts: `record=true`: history, decision and the records for the broker become true in one store transaction.
import { randomInt } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { type DecisionRetention, toStoredDecision } from '../../shared/decisions/stored-decision.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';
import { AppError } from '../../shared/errors.ts';
import { encodeOutputs } from '../../shared/kafka/outbox-codec.ts';
import { cloudEventHeaders, INPUT_HEADER, type OutputRecord } from '../../shared/kafka/records.ts';
import type { TopicNames } from '../../shared/kafka/topic-names.ts';
import type { Evaluation } from '../../shared/scoring/scorer.ts';
import { encodeTrainingRow } from '../../shared/scoring/to-training-row.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { OUTBOX_PARTITION, OUTBOX_TOPIC, type Relay } from './relay.ts';

/** A transaction that is to become part of history. */
export interface Recordable {
  readonly evaluation: Evaluation;
  readonly decisionKey: string;
  readonly contentHash: string;
  /** Bytes of the decision; absent for applied types. */
  readonly decisionBytes: Uint8Array | undefined;
}

export interface Recorder {
  /**
   * Resolves when everything would survive the end of this process; the broker gets it from then on.
   * @throws AppError FRAUD_CARD_ERASED for an event from before an erasure: nothing is changed
   * @throws AppError FRAUD_STORE_CONFLICT when another process decided one of them first: nothing is changed
   */
  record(recordables: readonly Recordable[]): Promise<void>;
}

const SOURCE = 'scoring-api';
/** One outbox for all processes: places are drawn, not counted. */
const PLACES = 2 ** 47;

export function createRecorder(parts: {
  readonly store: StateStore;
  readonly relay: Relay;
  readonly topics: Pick<TopicNames, 'transactions' | 'trainingRows'>;
  readonly retention: DecisionRetention;
  readonly clock: Clock;
  readonly tombstones: Pick<Tombstones, 'isErased'>;
}): Recorder {
  const { store, relay, topics, retention, clock, tombstones } = parts;
  /** Rows are numbered per process: rebuild tells repeats from new ones by it. */
  const process = randomInt(2 ** 31);
  let rows = 0;

  const toInput = (transaction: Transaction): OutputRecord => ({
    topic: topics.transactions,
    key: transaction.cardToken,
    value: Buffer.from(JSON.stringify(transaction)),
    headers: cloudEventHeaders({
      id: transaction.transactionId,
      type: 'transaction.v1',
      source: SOURCE,
      time: transaction.eventTime,
    }),
  });
  /** The stream recalls the decision and writes no row for it, so its row comes from here. */
  const toRow = (evaluation: Evaluation): OutputRecord => {
    const { transaction } = evaluation;
    rows += 1;
    const input = `${OUTBOX_TOPIC}-${process}@${rows}`;
    const event = cloudEventHeaders({
      id: transaction.transactionId,
      type: 'training-row.v1',
      source: SOURCE,
      time: transaction.eventTime,
    });
    return {
      topic: topics.trainingRows,
      key: transaction.cardToken,
      value: encodeTrainingRow(evaluation, input),
      headers: { ...event, [INPUT_HEADER]: input, fraud_decided: 'true' },
    };
  };

  return {
    record: async (recordables) => {
      if (recordables.length === 0) return;
      for (const { evaluation } of recordables) requireNotErased(evaluation.transaction, tombstones);
      const nowMs = clock.now();
      const decided = recordables.flatMap((one) =>
        one.evaluation.kind === 'decided' && one.decisionBytes
          ? [{ ...one, evaluation: one.evaluation, bytes: one.decisionBytes }]
          : [],
      );
      // Applied types go to the topic alone: the stream applies them, once, in its own order.
      const records = recordables.flatMap(({ evaluation }) => [
        toInput(evaluation.transaction),
        ...(evaluation.kind === 'decided' ? [toRow(evaluation)] : []),
      ]);
      const place = { topic: OUTBOX_TOPIC, partition: OUTBOX_PARTITION, offset: BigInt(randomInt(PLACES)) };
      const acknowledged = relay.takeAcknowledged();
      await store.commit({
        appends: decided.flatMap(({ evaluation }) => evaluation.appends),
        decisions: decided.map(({ evaluation, ...one }) =>
          toStoredDecision({ ...one, decision: evaluation.decision.decision }, nowMs, retention),
        ),
        outbox: [{ ...place, bytes: encodeOutputs(records) }],
        acknowledged,
      });
      relay.send(place, records);
    },
  };
}

function requireNotErased(transaction: Transaction, tombstones: Pick<Tombstones, 'isErased'>): void {
  const { portfolioId, cardToken, eventTime } = transaction;
  if (tombstones.isErased(portfolioId, cardToken, Date.parse(eventTime))) {
    throw new AppError('FRAUD_CARD_ERASED', { field: 'eventTime' });
  }
}

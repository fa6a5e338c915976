// services/stream-scorer/outputs.ts: what goes to the output topics for one chunk, in the order of its records.
import { hash } from 'node:crypto';
import { CONTENT_HASH_HEADER } from '../../shared/decisions/content-hash-header.ts';
import { type Alert, type Decision, decisionSchema } from '../../shared/domain/decision.ts';
import { merchantKeyOf, type Transaction } from '../../shared/domain/transaction.ts';
import { toDeadLetter } from '../../shared/kafka/dead-letter.ts';
import {
  cloudEventHeaders,
  INPUT_HEADER,
  type OutputRecord,
  positionText,
} from '../../shared/kafka/records.ts';
import { encodeTrainingRow } from '../../shared/scoring/to-training-row.ts';
import type { EvaluatedChunk, EvaluatedTransaction, ReceivedTransaction } from './chunk.ts';

const SOURCE = 'stream-scorer';

/** Names of the topics written, prefix included. */
export interface OutputTopics {
  readonly decisions: string;
  readonly alerts: string;
  readonly trainingRows: string;
  readonly deadLetters: (inputTopic: string) => string;
}

export interface OutputWriter {
  /** Decision, alert and training row of each fresh transaction; the decision again for redeliveries and repeats; dead letters. */
  write(chunk: EvaluatedChunk): OutputRecord[];
}

interface Envelope {
  readonly topic: string;
  readonly type: string;
  readonly id: string;
}

function toOutput(
  { topic, type, id }: Envelope,
  received: ReceivedTransaction,
  value: Uint8Array,
): OutputRecord & { readonly headers: Record<string, string> } {
  const { transaction, record } = received;
  const headers = cloudEventHeaders({ id, type, source: SOURCE, time: transaction.eventTime });
  headers[INPUT_HEADER] = positionText(record);
  return { topic, key: transaction.cardToken, value, headers };
}

/** A decision a person must look at, with what an analyst needs to find the payment. */
export function toAlert(decision: Decision, transaction: Transaction): Alert {
  const { timingsMs: _timings, surprise: _surprise, ...kept } = decision;
  const merchantId = merchantKeyOf(transaction);
  return {
    ...kept,
    alertId: hash('sha256', `alert|${decision.decisionId}`).slice(0, 32),
    amountMinor: transaction.amountMinor,
    currency: transaction.currency,
    ...(merchantId === undefined ? {} : { merchantId }),
  };
}

/** Writes outputs with fixed key order, so that equal inputs give equal bytes. */
export function createOutputWriter(topics: OutputTopics): OutputWriter {
  const toDecisionOutputs = (received: ReceivedTransaction, bytes: Uint8Array, known?: Decision) => {
    const decision = known ?? decisionSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
    const envelope = { topic: topics.decisions, type: 'decision.v1', id: decision.decisionId };
    const output = toOutput(envelope, received, bytes);
    output.headers[CONTENT_HASH_HEADER] = received.contentHash;
    const outputs: OutputRecord[] = [output];
    if (decision.decision !== 'approve') outputs.push(toAlertOutput(decision, received));
    return outputs;
  };
  const toAlertOutput = (decision: Decision, received: ReceivedTransaction): OutputRecord => {
    const alert = toAlert(decision, received.transaction);
    const envelope = { topic: topics.alerts, type: 'alert.v1', id: alert.alertId };
    return toOutput(envelope, received, Buffer.from(JSON.stringify(alert)));
  };
  const toRowOutput = ({ received, evaluation }: EvaluatedTransaction): OutputRecord => {
    const row = encodeTrainingRow(evaluation, positionText(received.record));
    const envelope = {
      topic: topics.trainingRows,
      type: 'training-row.v1',
      id: received.transaction.transactionId,
    };
    const output = toOutput(envelope, received, row);
    // Lets the audit tell applied events without reading the rows.
    output.headers.fraud_decided = String(evaluation.kind === 'decided');
    return output;
  };
  /** Decision (and alert) of a transaction made in this chunk; of an applied one nothing. */
  const toAnswer = ({ received, decision, decisionBytes }: EvaluatedTransaction): OutputRecord[] =>
    decisionBytes ? toDecisionOutputs(received, decisionBytes, decision) : [];
  const answerRepeats = (chunk: EvaluatedChunk): OutputRecord[] => {
    if (chunk.repeats.length === 0) return [];
    const made = new Map(chunk.evaluated.map((one) => [one.received.decisionKey, one]));
    return chunk.repeats.flatMap((received) => {
      const first = made.get(received.decisionKey);
      if (!first) return [];
      return first.decisionBytes ? toAnswer({ ...first, received }) : [toRowOutput({ ...first, received })];
    });
  };
  return {
    write: (chunk) => [
      ...chunk.evaluated.flatMap((one) => [...toAnswer(one), toRowOutput(one)]),
      ...chunk.recalled.flatMap(({ received, decisionBytes }) => toDecisionOutputs(received, decisionBytes)),
      ...answerRepeats(chunk),
      ...chunk.refused.map((refused) => toDeadLetter(refused, topics.deadLetters(refused.record.topic))),
    ],
  };
}

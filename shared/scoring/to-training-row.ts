// shared/scoring/to-training-row.ts: an evaluation as the row a trainer sees later: exactly what was scored, with digests.

import type { TrainingRow } from '../domain/training-row.ts';
import { merchantKeyOf } from '../domain/transaction.ts';
import { featureVersion } from '../features/velocity.ts';
import type { DecidedEvaluation, Evaluation } from './scorer.ts';

/** What a row says before its packed fields. */
function factsOf({ kind, transaction }: Evaluation, inputOffset: string) {
  const { transactionId, portfolioId, cardToken, accountId, eventTime } = transaction;
  return {
    transactionId,
    portfolioId,
    cardToken,
    accountId,
    merchantKey: merchantKeyOf(transaction),
    originalTransactionId: transaction.originalTransactionId,
    replacesCardToken: transaction.replacesCardToken,
    eventTime,
    inputOffset,
    labelAsKnown: 'unknown' as const,
    featureVersion,
    decided: kind === 'decided',
  };
}

/** What a decided row says after its packed fields. */
function resultOf({ context, decision, rawScore, tier }: DecidedEvaluation) {
  return {
    rawScore,
    score: decision.score,
    tier,
    contextDigest: context.digest,
    encoderVersion: decision.model.encoderVersion,
    modelVersion: decision.model.modelVersion,
    referenceDigest: decision.model.referenceDigest,
  };
}

/**
 * Training row of a decided or applied transaction. Applied ones carry their own packed event and no score.
 * @param inputOffset `<topic>-<partition>@<offset>` of the record it came from
 */
export function toTrainingRow(evaluation: Evaluation, inputOffset: string): TrainingRow {
  const facts = factsOf(evaluation, inputOffset);
  if (evaluation.kind === 'applied') return { ...facts, context: toBase64(evaluation.event) };
  const { context, encoded } = evaluation;
  return {
    ...facts,
    context: toBase64(context.events),
    features: toBase64(context.features),
    readings: encoded && toBase64(encoded.readings),
    ...resultOf(evaluation),
  };
}

/**
 * The bytes of `toTrainingRow`'s JSON, written once. Most of a row is base64, which needs no escaping: it is copied
 * in, where JSON.stringify would look at every letter of it and build the whole row as a string first.
 */
export function encodeTrainingRow(evaluation: Evaluation, inputOffset: string): Buffer {
  const facts = JSON.stringify(factsOf(evaluation, inputOffset)).slice(0, -1);
  if (evaluation.kind === 'applied') return joinRow(facts, `,"context":"${toBase64(evaluation.event)}"}`);
  const { context, encoded } = evaluation;
  const events = `,"context":"${toBase64(context.events)}"`;
  const features = `,"features":"${toBase64(context.features)}"`;
  const readings = encoded ? `,"readings":"${toBase64(encoded.readings)}"` : '';
  return joinRow(facts, events + features + readings, JSON.stringify(resultOf(evaluation)).slice(1));
}

/** `packed` is ASCII; facts and results hold whatever the sender wrote. */
function joinRow(facts: string, packed: string, results?: string): Buffer {
  const factsBytes = Buffer.byteLength(facts);
  const resultsBytes = results === undefined ? 0 : 1 + Buffer.byteLength(results);
  const row = Buffer.allocUnsafe(factsBytes + packed.length + resultsBytes);
  row.write(facts, 0);
  row.write(packed, factsBytes, 'latin1');
  if (results !== undefined) row.write(`,${results}`, factsBytes + packed.length);
  return row;
}

function toBase64(values: Uint8Array | Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

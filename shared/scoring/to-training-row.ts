// shared/scoring/to-training-row.ts: an evaluation as the row a trainer sees later: exactly what was scored, with digests.

import type { TrainingRow } from '../domain/training-row.ts';
import { merchantKeyOf } from '../domain/transaction.ts';
import { featureVersion } from '../features/velocity.ts';
import type { Evaluation } from './scorer.ts';

/**
 * Training row of a decided or applied transaction. Applied ones carry their own packed event and no score.
 * @param inputOffset `<topic>-<partition>@<offset>` of the record it came from
 */
export function toTrainingRow(evaluation: Evaluation, inputOffset: string): TrainingRow {
  const { transaction, event } = evaluation;
  const { transactionId, portfolioId, cardToken, accountId, eventTime } = transaction;
  const shared = {
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
  };
  if (evaluation.kind === 'applied') return { ...shared, decided: false, context: toBase64(event) };
  const { context, decision, encoded, rawScore, tier } = evaluation;
  return {
    ...shared,
    decided: true,
    context: toBase64(context.events),
    features: toBase64(context.features),
    readings: encoded && toBase64(encoded.readings),
    rawScore,
    score: decision.score,
    tier,
    contextDigest: context.digest,
    encoderVersion: decision.model.encoderVersion,
    modelVersion: decision.model.modelVersion,
    referenceDigest: decision.model.referenceDigest,
  };
}

function toBase64(values: Uint8Array | Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

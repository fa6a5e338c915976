// test/shared/scoring/not-finite.test.ts: numbers that are none never become a decision: the lower tier answers and is named.
import { expect, onTestFinished, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { decisionSchema } from '../../../shared/domain/decision.ts';
import { trainingRowSchema } from '../../../shared/domain/training-row.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { encoderConfigs, randomWeights } from '../../../shared/encoder/definition.ts';
import type { Encoder } from '../../../shared/encoder/encoder.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { toOnnxModel } from '../../../shared/encoder/onnx-graph.ts';
import { readingLayout } from '../../../shared/encoder/readings.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import { scoreByRules } from '../../../shared/rules/fallback-rules.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createScorer } from '../../../shared/scoring/scorer.ts';
import { toTrainingRow } from '../../../shared/scoring/to-training-row.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const champion = createChampion(createSmallVersion());
const nowMs = Date.parse('2026-03-01T12:00:00Z');

/** Two payments through a scorer on `encoder`; decisions as consumers of the topic parse them. */
async function decideWith(encoder: Encoder) {
  const degraded: unknown[] = [];
  const scorer = createScorer({
    champion,
    encoder,
    clock: createSettableClock(nowMs),
    onDegrade: (error) => degraded.push(error.code),
  });
  const requests = [1, 2].map((index) => ({
    transaction: transactionSchema.parse({
      transactionId: `t-${index}`,
      eventTime: new Date(nowMs + index).toISOString(),
      cardToken: `card-${index}`,
      amountMinor: 2_000,
      currency: 'EUR',
    }),
    eventTimeMs: nowMs + index,
    receivedAtMs: nowMs,
  }));
  const evaluations = await scorer.evaluateMany(requests, (keys) => keys.map(() => undefined));
  const decisions = evaluations.map((evaluation) => {
    const row = trainingRowSchema.parse(JSON.parse(JSON.stringify(toTrainingRow(evaluation, 'in-0@0'))));
    expect(row.rawScore).toSatisfy(Number.isFinite);
    if (evaluation.kind !== 'decided') throw new Error('A payment is owed a decision.');
    return decisionSchema.parse(JSON.parse(JSON.stringify(evaluation.decision)));
  });
  return { tiers: decisions.map(({ tier }) => tier), degraded };
}

const layout = readingLayout(champion.config);
const places = { embedding: layout.embedding, forecasts: layout.forecasts, surprises: layout.surprises };

for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
  test.each([...Object.entries(places), ['raw score', -1] as const])(
    `an encoder that gives ${value} in its %s is answered for by the features alone`,
    async (_name, place) => {
      const sound = createRecordingEncoder({ config: champion.config });
      const encoder: Encoder = {
        ...sound,
        encodeMany: async (rows) => {
          const encoded = await sound.encodeMany(rows);
          const last = encoded.at(-1);
          if (last) (place < 0 ? last.rawScores : last.readings)[Math.max(0, place)] = value;
          return encoded;
        },
      };
      expect(await decideWith(encoder)).toEqual({
        tiers: ['features-only', 'features-only'],
        degraded: ['FRAUD_ENCODER_FAILED'],
      });
    },
  );
}

test('a model whose weights are not finite is answered for by the features alone, on ONNX Runtime too', async () => {
  const weights = randomWeights(encoderConfigs.tiny, 7);
  for (const values of weights.values()) values[0] = Number.NaN;
  const encoder = await createOnnxEncoder({
    ...champion.encoderParts,
    encoderModel: toOnnxModel(encoderConfigs.tiny, weights),
    provider: 'cpu',
    workers: 1,
  });
  onTestFinished(() => encoder.close());
  expect(await decideWith(encoder)).toEqual({
    tiers: ['features-only', 'features-only'],
    degraded: ['FRAUD_ENCODER_FAILED'],
  });
});

test('the rules pass over a feature that is no number, and count the others', () => {
  const features = new Float32Array(featureNames.length);
  features[featureNames.indexOf('failedChecks')] = 1;
  const plain = scoreByRules(features);
  features[featureNames.indexOf('levelDifference')] = Number.NaN;
  expect(plain).toBeGreaterThan(0);
  expect(scoreByRules(features)).toBe(plain);
});

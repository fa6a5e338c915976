// test/shared/scoring/shadow.test.ts: challengers score beside the champion; whatever they do, its decisions stay as they are without them.
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { toCanonicalDecision } from '../../../shared/domain/decision.ts';
import { type ShadowScore, shadowScoreSchema } from '../../../shared/domain/shadow-score.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';
import { isInShare } from '../../../shared/scoring/card-share.ts';
import { type OwnChallenger, seatChallengers } from '../../../shared/scoring/challengers.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createScorer, type Evaluation, type ScoringModel } from '../../../shared/scoring/scorer.ts';
import { createShadow, type ShadowOptions } from '../../../shared/scoring/shadow.ts';
import {
  createBiasedChallenger,
  createEndlessChallenger,
  createNanChallenger,
  createOtherEncoderChallenger,
} from '../../support/small-challengers.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const small = createSmallVersion();

const requests = Array.from({ length: 40 }, (_, index) => ({
  transaction: transactionSchema.parse({
    transactionId: `t-${index}`,
    eventTime: new Date(nowMs + index).toISOString(),
    cardToken: `card-${index % 20}`,
    amountMinor: 10 ** (1 + (index % 7)),
    currency: 'EUR',
  }),
  eventTimeMs: nowMs + index,
  receivedAtMs: nowMs,
}));

const champion = createChampion(small);

/** The requests decided on real ONNX Runtime with these challengers' heads beside the champion's. */
async function decideBeside(challengers: readonly VerifiedVersion[]) {
  const { shared, refused } = seatChallengers(small, challengers);
  const heads = [champion, ...shared].flatMap(({ encoderParts }) => encoderParts.heads);
  const encoder = await createOnnxEncoder({ ...champion.encoderParts, heads, provider: 'cpu', workers: 1 });
  const evaluations = await evaluate({
    champion,
    encoder,
    challengers: { heads: [champion, ...shared], own: [] },
  });
  await encoder.close();
  return { evaluations, refused };
}

function evaluate(model: ScoringModel) {
  const scorer = createScorer({ ...model, clock: createSettableClock(nowMs) });
  return scorer.evaluateMany(requests, (keys) => keys.map(() => undefined));
}

/** The requests decided without a thread, beside a challenger that has an encoder of its own. */
const decideBesideOwn = (...own: readonly OwnChallenger[]) =>
  evaluate({ champion, encoder: createRecordingEncoder(), challengers: { heads: [champion], own } });

/** What stands without any challenger. */
let alone: readonly Evaluation[] = [];
beforeAll(async () => {
  alone = (await decideBeside([])).evaluations;
}, 60_000);

const toDecisions = (evaluations: readonly Evaluation[]) =>
  evaluations.map((evaluation) =>
    evaluation.kind === 'decided' ? toCanonicalDecision(evaluation.decision) : undefined,
  );

/** Offers evaluations and keeps what came of it. */
function watchShadow(options: Partial<ShadowOptions> = {}) {
  const scores: ShadowScore[] = [];
  const counts = { scored: 0, dropped: 0, failed: 0 };
  const shadow = createShadow({
    ownShare: 1,
    ownRows: 100,
    isBusy: () => false,
    record: (some) => scores.push(...some.map((score) => shadowScoreSchema.parse(score))),
    count: (result, transactions) => {
      counts[result] += transactions;
    },
    ...options,
  });
  return { shadow, scores, counts };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('heads on the champion’s encoder share its pass, are calibrated by themselves and leave every decision as it is', async () => {
  const beside = await decideBeside([
    createBiasedChallenger('riskier', 3),
    createBiasedChallenger('same', 0),
  ]);
  expect(toDecisions(beside.evaluations)).toEqual(toDecisions(alone));
  const { shadow, scores, counts } = watchShadow();
  shadow.offer(beside.evaluations);
  expect(counts).toEqual({ scored: 80, dropped: 0, failed: 0 });
  expect(scores).toHaveLength(40);
  for (const { decided, shadows } of scores) {
    const [riskier, same] = shadows;
    expect(decided.modelVersion).toBe('small');
    expect(same).toMatchObject({ modelVersion: 'same', score: decided.score, decision: decided.decision });
    // The straight calibrator of these versions: 40 logits from 0 to 1.
    expect(riskier?.score).toBeCloseTo(decided.score + 3 / 40, 5);
  }
  expect(new Set(scores.map(({ shadows }) => shadows[0]?.decision)).size).toBeGreaterThan(1);
});

test('a head whose scores are NaN changes no decision, and is counted as failed', async () => {
  const { evaluations } = await decideBeside([createNanChallenger(), createBiasedChallenger('sound', 1)]);
  expect(toDecisions(evaluations)).toEqual(toDecisions(alone));
  const { shadow, scores, counts } = watchShadow();
  shadow.offer(evaluations);
  expect(counts).toEqual({ scored: 40, dropped: 0, failed: 40 });
  expect(new Set(scores.flatMap(({ shadows }) => shadows.map((one) => one.modelVersion)))).toEqual(
    new Set(['sound']),
  );
});

test('a head that may never end is not let into the pass', async () => {
  const { evaluations, refused } = await decideBeside([createEndlessChallenger()]);
  expect(refused).toMatchObject([{ modelVersion: 'endless', error: { code: 'FRAUD_MODEL_INVALID' } }]);
  expect(toDecisions(evaluations)).toEqual(toDecisions(alone));
});

test('a challenger on another encoder, or for other features, has no seat in the pass', () => {
  const other = createOtherEncoderChallenger();
  const settings = { ...small.manifest.featureSettings, labelMemoryDays: 1 };
  const otherSettings = {
    ...small,
    manifest: { ...small.manifest, modelVersion: 'c', featureSettings: settings },
  };
  const { shared, own, refused } = seatChallengers(small, [other, otherSettings]);
  expect(shared).toEqual([]);
  expect(own.length + refused.length).toBe(2);
  expect(own[0]?.manifest.modelVersion).toBe('other-encoder');
});

const version = createChampion(createOtherEncoderChallenger());
const ownBy = (
  encodeMany: NonNullable<ReturnType<OwnChallenger['encoder']>>['encodeMany'],
): OwnChallenger => ({
  version,
  encoder: () => ({ encodeMany, isHealthy: () => true }),
});
const failed = new AppError('FRAUD_ENCODER_FAILED', { detail: 'Broken.' });

const ill = { encodeMany: () => Promise.reject(failed), isHealthy: () => false };

test.each([
  [
    'throws',
    ownBy(() => {
      throw failed;
    }),
    'failed',
  ],
  ['rejects', ownBy(() => Promise.reject(failed)), 'failed'],
  [
    'gives NaN',
    ownBy(async (rows) =>
      rows.map(() => ({ readings: new Float32Array(), rawScores: Float32Array.of(Number.NaN) })),
    ),
    'failed',
  ],
  ['gives nothing', ownBy(async () => []), 'failed'],
  ['is still starting', { version, encoder: (): undefined => undefined }, 'dropped'],
  ['is ill', { version, encoder: () => ill }, 'dropped'],
] as const)(
  'an encoder of a challenger that %s leaves decisions alone and is counted',
  async (_name, own, result) => {
    const evaluations = await decideBesideOwn(own);
    expect(toDecisions(evaluations)).toEqual(toDecisions(await decideBesideOwn()));
    const { shadow, scores, counts } = watchShadow();
    shadow.offer(evaluations);
    await settled();
    expect(scores).toEqual([]);
    expect(counts).toEqual({ scored: 0, dropped: 0, failed: 0, [result]: 40 });
  },
);

test('an encoder of a challenger that hangs holds what it was given and no more: the rest is dropped at once', async () => {
  const evaluations = await decideBesideOwn(ownBy(() => new Promise(() => {})));
  const { shadow, counts } = watchShadow({ ownRows: 100 });
  for (let chunk = 0; chunk < 5; chunk++) shadow.offer(evaluations);
  await settled();
  expect(counts).toEqual({ scored: 0, dropped: 120, failed: 0 });
});

test('a challenger on its own encoder scores its share of the cards, the same ones in every process, and nothing while the champion is busy', async () => {
  const other = createChampion(createOtherEncoderChallenger());
  const encoder = await createOnnxEncoder({
    ...other.encoderParts,
    provider: 'cpu',
    workers: 1,
    niceness: 19,
  });
  onTestFinished(() => encoder.close());
  const evaluations = await decideBesideOwn({ version: other, encoder: () => encoder });
  let isBusy = false;
  const { shadow, scores, counts } = watchShadow({ ownShare: 0.3, isBusy: () => isBusy });
  shadow.offer(evaluations);
  await expect.poll(() => scores.length, { timeout: 20_000 }).toBeGreaterThan(0);
  const chosen = requests.filter(({ transaction }) => isInShare('shadow|other-encoder', transaction, 0.3));
  expect(scores.map(({ transactionId }) => transactionId)).toEqual(
    chosen.map(({ transaction }) => transaction.transactionId),
  );
  expect(counts.scored).toBe(chosen.length);
  isBusy = true;
  shadow.offer(evaluations);
  expect(counts.dropped).toBe(chosen.length);
});

test('a recorder that throws is counted and stops nobody', async () => {
  const { evaluations } = await decideBeside([createBiasedChallenger('sound', 1)]);
  const { shadow, counts } = watchShadow({
    record: () => {
      throw new Error('full');
    },
  });
  shadow.offer(evaluations);
  expect(counts.failed).toBe(40);
});

test('cards of a smaller share are among those of a larger one, and the share is what was asked for', () => {
  const cards = Array.from({ length: 20_000 }, (_, index) => ({
    portfolioId: 'p',
    cardToken: `card-${index}`,
  }));
  const few = cards.filter((card) => isInShare('canary|a', card, 0.05));
  expect(few.length / cards.length).toBeCloseTo(0.05, 2);
  expect(few.every((card) => isInShare('canary|a', card, 0.1))).toBe(true);
  expect(cards.some((card) => isInShare('canary|a', card, 0))).toBe(false);
  expect(cards.every((card) => isInShare('canary|a', card, 1))).toBe(true);
});

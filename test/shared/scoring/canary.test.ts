// test/shared/scoring/canary.test.ts: the challenger decides for a share of the cards, by its own stamp, until a named condition ends it.
import { expect, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import { type Decision, toCanonicalDecision } from '../../../shared/domain/decision.ts';
import { transactionSchema } from '../../../shared/domain/transaction.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { createCanary, judgeCanary, type RollBack, type SideCounts } from '../../../shared/scoring/canary.ts';
import { isInShare } from '../../../shared/scoring/card-share.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createScorer } from '../../../shared/scoring/scorer.ts';
import { startCanary } from '../../../shared/scoring/start-canary.ts';
import { createBiasedChallenger } from '../../support/small-challengers.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const champion = createChampion(createSmallVersion());
const challenger = createChampion(createBiasedChallenger('canary', 3));
const SHARE = 0.2;

const requestsOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    transaction: transactionSchema.parse({
      transactionId: `t-${from + index}`,
      eventTime: new Date(nowMs + index).toISOString(),
      cardToken: `card-${(from + index) % 100}`,
      amountMinor: 1_000,
      currency: 'EUR',
    }),
    eventTimeMs: nowMs + index,
    receivedAtMs: nowMs,
  }));

/** A scorer whose challenger's head gives `rawScore` for every row, the champion's 0. */
function createCanaryScorer(rawScore: number, share = SHARE) {
  const ends: (RollBack & { readonly modelVersion: string })[] = [];
  const canary = createCanary(share, (modelVersion, rollBack) => ends.push({ modelVersion, ...rollBack }));
  const scorer = createScorer({
    champion,
    encoder: createRecordingEncoder({ rawScoresOf: () => [0, rawScore] }),
    challengers: { heads: [champion, challenger], canaryPlace: 1, own: [] },
    canary,
    clock: createSettableClock(nowMs),
  });
  const decide = async (from: number, count = 100): Promise<Decision[]> => {
    const evaluations = await scorer.evaluateMany(requestsOf(from, count), (keys) =>
      keys.map(() => undefined),
    );
    return evaluations.flatMap((evaluation) => (evaluation.kind === 'decided' ? [evaluation.decision] : []));
  };
  return { decide, ends, scorer };
}

const byOf = (decisions: readonly Decision[]) =>
  new Map(decisions.map(({ cardToken, model }) => [cardToken, model.modelVersion]));

test('the challenger decides for its share of the cards, by its own stamp and score; the others see no difference', async () => {
  const { decide } = createCanaryScorer(2);
  const decisions = await decide(0);
  const { decide: decideAlone } = createCanaryScorer(2, 0);
  const alone = await decideAlone(0);
  const isChosen = ({ portfolioId, cardToken }: Decision) =>
    isInShare('canary|canary', { portfolioId, cardToken }, SHARE);
  expect(decisions.some(isChosen)).toBe(true);
  for (const [at, decision] of decisions.entries()) {
    const usual = alone[at];
    if (!usual) throw new Error('as many decisions');
    if (!isChosen(decision)) {
      expect(toCanonicalDecision(decision)).toEqual(toCanonicalDecision(usual));
      continue;
    }
    expect(decision.model).toMatchObject({
      modelVersion: 'canary',
      manifestDigest: challenger.manifestDigest,
    });
    // Straight calibrator: 40 logits from 0 to 1.
    expect(decision.score).toBeCloseTo(0.5 + 2 / 40, 6);
    expect(decision.decisionId).toBe(usual.decisionId);
  }
});

test('a card stays on one side, in every chunk and in every process', async () => {
  const one = createCanaryScorer(2);
  const first = byOf(await one.decide(0));
  expect(byOf(await one.decide(100))).toEqual(first);
  expect(byOf(await createCanaryScorer(2).decide(200))).toEqual(first);
  const larger = byOf(await createCanaryScorer(2, 0.5).decide(0));
  for (const [card, version] of first) if (version === 'canary') expect(larger.get(card)).toBe('canary');
});

test('a challenger whose score is no number decides nothing: the champion does, and the canary is over', async () => {
  const { decide, ends } = createCanaryScorer(Number.NaN);
  const { decide: decideAlone } = createCanaryScorer(0, 0);
  const decisions = await decide(0);
  expect(decisions.map(toCanonicalDecision)).toEqual((await decideAlone(0)).map(toCanonicalDecision));
  expect(ends).toMatchObject([{ modelVersion: 'canary', condition: 'not-finite' }]);
});

test('a challenger that alerts on everything is stopped by its alert rate, once, and decides nothing afterwards', async () => {
  const { decide, ends } = createCanaryScorer(10);
  for (let chunk = 0; chunk < 20; chunk++) await decide(chunk * 100);
  expect(ends).toHaveLength(1);
  expect(ends[0]?.condition).toBe('alert-rate');
  expect(new Set(byOf(await decide(5_000)).values())).toEqual(new Set(['small']));
});

test('a challenger like the champion goes on', async () => {
  const { decide, ends } = createCanaryScorer(0);
  for (let chunk = 0; chunk < 20; chunk++) await decide(chunk * 100);
  expect(ends).toEqual([]);
  expect([...byOf(await decide(5_000)).values()]).toContain('canary');
});

const usual: SideCounts = { decided: 10_000, alerted: 50, failed: 0, notFinite: 0, writingMs: 100 };
test.each([
  ['nothing seen', { decided: 0, alerted: 0 }, undefined],
  ['the same rate on few', { decided: 100, alerted: 1 }, undefined],
  ['a high rate on too few to tell', { decided: 100, alerted: 5 }, undefined],
  ['twice the rate, within what is allowed', { decided: 5_000, alerted: 50 }, undefined],
  ['five times the rate', { decided: 2_000, alerted: 50 }, 'alert-rate'],
  ['no alerts where many were due', { decided: 20_000, alerted: 0 }, 'alert-rate'],
  ['no alerts where few were due', { decided: 500, alerted: 0 }, undefined],
  ['four errors', { decided: 100, alerted: 0, failed: 4 }, undefined],
  ['errors on a twentieth', { decided: 100, alerted: 0, failed: 5 }, 'error-rate'],
  ['errors on a thousandth', { decided: 10_000, alerted: 50, failed: 10 }, undefined],
  ['one score that is no number', { decided: 100, alerted: 0, notFinite: 1 }, 'not-finite'],
  ['ten times as slow, and over a millisecond', { decided: 1_000, alerted: 5, writingMs: 2_000 }, 'latency'],
  ['ten times as slow, and still quick', { decided: 1_000, alerted: 5, writingMs: 100 }, undefined],
] as const)('conditions: %s', (_name, sight, condition) => {
  const canary = { failed: 0, notFinite: 0, writingMs: 1, ...sight };
  expect(judgeCanary(canary, usual)?.condition).toBe(condition);
});

test('the end of a canary that the registry could not take is noted at a decision some seconds later', async () => {
  const memory = new MemoryRegistry();
  for (const modelVersion of ['small', 'canary']) {
    const { manifest, files } = createSmallVersion({ modelVersion });
    await memory.publish(manifest, files);
  }
  const move = { by: 'test', movedAt: new Date(nowMs).toISOString() };
  await memory.moveAlias({ alias: 'champion', modelVersion: 'small', expectedFence: 0, ...move });
  await memory.moveAlias({ alias: 'challenger', modelVersion: 'canary', expectedFence: 0, ...move });
  let tries = 0;
  const clock = createSettableClock(nowMs);
  const canary = startCanary({
    share: 1,
    registry: {
      readAlias: (alias) => memory.readAlias(alias),
      moveAlias: async (wanted) => {
        tries++;
        if (tries === 1) throw new Error('disk full');
        return memory.moveAlias(wanted);
      },
    },
    log: createLogger('test', 'silent'),
    metrics: createScorerMetrics(),
    clock,
    by: 'test',
  });
  const card = { portfolioId: 'default', cardToken: 'card' };
  const challengerName = async () => (await memory.readAlias('challenger'))?.modelVersion;
  expect(canary?.includes('canary', card)).toBe(true);
  canary?.note('canary', { notFinite: 1 });
  await expect.poll(() => tries).toBe(1);
  canary?.note('champion', { decided: 1 });
  expect(tries).toBe(1);
  clock.set(nowMs + 10_000);
  canary?.note('champion', { decided: 1 });
  await expect.poll(challengerName).toBe('small');
  // Noted once: it is not asked for again.
  clock.set(nowMs + 20_000);
  canary?.note('champion', { decided: 1 });
  expect(tries).toBe(2);
});

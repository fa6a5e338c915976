// test/tutorial/01-decision.test.ts: read me first: how a transaction becomes a decision with reasons.
import { afterAll, describe, expect, test } from 'vitest';
import { createSettableClock } from '../../shared/clock.ts';
import { toCanonicalDecision } from '../../shared/domain/decision.ts';
import { type Transaction, transactionSchema } from '../../shared/domain/transaction.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createScorer, type DecidedEvaluation } from '../../shared/scoring/scorer.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';

const HOUR_MS = 3_600_000;
const firstTimeMs = Date.parse('2026-03-02T08:00:00Z');

/** A payment of Anna's card. Thirty mornings at her bakery; then a shop abroad, online, at night. */
const pay = (transactionId: string, timeMs: number, amountMinor: number, how: object) =>
  transactionSchema.parse({
    transactionId,
    eventTime: new Date(timeMs).toISOString(),
    cardToken: 'tok_anna',
    amountMinor,
    currency: 'EUR',
    ...how,
  });
const bakery = { merchant: { id: 'bakery', mcc: '5462', country: 'DE' }, entryMode: 'contactless' };
const abroad = (id: string) => ({ merchant: { id, mcc: '5732', country: 'BR' }, entryMode: 'ecommerce' });

const mornings = Array.from({ length: 30 }, (_, day) =>
  pay(`morning-${day}`, firstTimeMs + day * 24 * HOUR_MS, 400 + 13 * (day % 7), bakery),
);
const nextMorningMs = firstTimeMs + 30 * 24 * HOUR_MS;
const nightMs = nextMorningMs - 5 * HOUR_MS;
const usual = pay('usual', nextMorningMs, 420, bakery);
const unusual = pay('unusual', nightMs, 189_900, abroad('gadgets'));
/** Two minutes apart, each in another shop: what a thief does with a card that works. */
const burst = Array.from({ length: 8 }, (_, index) =>
  pay(`burst-${index}`, nightMs + index * 120_000, 20_000 + 3_000 * index, abroad(`gadgets-${index}`)),
);

// A model version comes verified from the registry; this one ships with the package.
const champion = createChampion(await loadShipped());
const encoder = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu', workers: 1 });
const scorer = createScorer({ champion, encoder, clock: createSettableClock(nextMorningMs) });
afterAll(() => encoder.close());

/** Scores in one call and stores what the histories gain, as the stream scorer does. */
async function score(store: StateStore, transactions: readonly Transaction[]): Promise<DecidedEvaluation[]> {
  const requests = transactions.map((transaction) => {
    const eventTimeMs = Date.parse(transaction.eventTime);
    return { transaction, eventTimeMs, receivedAtMs: eventTimeMs };
  });
  const evaluations = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
  await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
  return evaluations.filter((evaluation) => evaluation.kind === 'decided');
}

/** The decision on one transaction of Anna's card after her thirty mornings. */
async function decideAfterMornings(transaction: Transaction) {
  const store = createMemoryStateStore();
  await score(store, mornings);
  const [evaluation] = await score(store, [transaction]);
  if (!evaluation) throw new Error('A payment is owed a decision.');
  return evaluation.decision;
}

describe('a transaction becomes a decision', () => {
  test('a payment like all others is approved', async () => {
    const decision = await decideAfterMornings(usual);
    expect(decision).toMatchObject({
      decision: 'approve',
      riskLevel: 'low',
      tier: 'full',
      decidedBy: 'model',
    });
  });

  test('an unusual one scores higher: a calibrated probability, and bits of rarity that need no label', async () => {
    const [low, high] = [await decideAfterMornings(usual), await decideAfterMornings(unusual)];
    expect(high.score).toBeGreaterThan(low.score);
    expect(high.scoreScaled).toBe(Math.round(high.score * 999));
    expect(high.anomalyBits ?? 0).toBeGreaterThan((low.anomalyBits ?? 0) + 1);
  });

  test('one strange payment is not yet a fraud: what follows it raises the score, until somebody must look', async () => {
    const store = createMemoryStateStore();
    await score(store, mornings);
    const decisions = (await score(store, burst)).map(({ decision }) => decision);
    const [first, last] = [decisions.at(0), decisions.at(-1)];
    expect(first?.decision).toBe('approve');
    expect(last?.decision).not.toBe('approve');
    expect(last?.score).toBeGreaterThan(10 * (first?.score ?? 1));

    // The thresholds of the version, and nothing else, turn a score into a decision.
    const { reviewAbove, declineAbove } = champion.thresholds;
    for (const { score: probability, decision } of decisions) {
      const expected =
        probability >= declineAbove ? 'decline' : probability >= reviewAbove ? 'review' : 'approve';
      expect(decision).toBe(expected);
    }
  });

  test('at most four reasons say why, strongest first, each with a sentence', async () => {
    const { reasonCodes } = await decideAfterMornings(unusual);
    expect(reasonCodes.length).toBeGreaterThan(0);
    expect(reasonCodes.length).toBeLessThanOrEqual(4);
    const bits = reasonCodes.map(({ contribution }) => contribution);
    expect(bits).toEqual(bits.toSorted((left, right) => right - left));
    expect(reasonCodes.every(({ sentence }) => sentence.length > 10)).toBe(true);
  });

  test('the same transaction on the same history has the same digest and the same score', async () => {
    const [first, again] = [await decideAfterMornings(unusual), await decideAfterMornings(unusual)];
    expect(first.contextDigest).toMatch(/^[0-9a-f]{16}$/);
    expect(toCanonicalDecision(again)).toEqual(toCanonicalDecision(first));
    expect((await decideAfterMornings(usual)).contextDigest).not.toBe(first.contextDigest);
  });
});

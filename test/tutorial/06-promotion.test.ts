// test/tutorial/06-promotion.test.ts: read me: a version becomes champion while payments are decided, a bad one does not, and the way back is one move.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSettableClock } from '../../shared/clock.ts';
import { transactionSchema } from '../../shared/domain/transaction.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { createScorerMetrics } from '../../shared/observability/metrics.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { describeFiles } from '../../shared/registry/manifest.ts';
import { promote, rollBack } from '../../shared/registry/registry.ts';
import { type WatchedCalls, watchCalls } from '../../shared/scoring/calls-under-way.ts';
import { GOLDEN_ROWS_FILE, toGoldenBytes } from '../../shared/scoring/golden-rows.ts';
import { type LiveModel, startLiveModel } from '../../shared/scoring/live-model.ts';
import { createScorer, type Scorer } from '../../shared/scoring/scorer.ts';
import { createSmallVersion } from '../support/small-champion.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const directory = mkdtempSync(join(tmpdir(), 'fraud-tutorial-promotion-'));
const registry = new FileRegistry(directory);
const by = (name: string, reason: string) => ({ movedAt: new Date(nowMs).toISOString(), by: name, reason });

let model: LiveModel;
let scorer: Scorer;
/** The scorer's calls, watched: a version is stopped after the last one that uses it. */
let calls: WatchedCalls;

/** Which version decides this payment. */
async function decideBy(transactionId: string): Promise<string> {
  const eventTime = new Date(nowMs).toISOString();
  const transaction = transactionSchema.parse({
    transactionId,
    eventTime,
    cardToken: 'tok_anna',
    amountMinor: 420,
    currency: 'EUR',
    merchant: { id: 'bakery', mcc: '5462', country: 'DE' },
  });
  const request = { transaction, eventTimeMs: nowMs, receivedAtMs: nowMs };
  const [evaluation] = await calls.evaluateMany([request], (keys) => keys.map(() => undefined));
  if (evaluation?.kind !== 'decided') throw new Error('A payment is owed a decision.');
  return evaluation.decision.model.modelVersion;
}

/** What every scoring process does: a scorer, and a version that it follows. */
beforeAll(async () => {
  for (const modelVersion of ['march', 'april']) {
    const { manifest, files } = createSmallVersion({ modelVersion });
    await registry.publish(manifest, files);
  }
  await promote(registry, 'march', by('ann', 'first champion'));
  const settings = {
    registryDirectory: directory,
    encoderProvider: 'cpu',
    encoderWorkers: 1,
    encoderQueuePositions: 10_000,
  } as const;
  model = await startLiveModel({
    settings,
    registry,
    log: createLogger('tutorial', 'silent'),
    metrics: createScorerMetrics(),
    onReplace: (next) => {
      scorer.replaceModel(next);
      return calls.whenAnswered();
    },
  });
  scorer = createScorer({ ...model.current(), clock: createSettableClock(nowMs) });
  calls = watchCalls(scorer);
});

afterAll(async () => {
  await model.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('a promotion', () => {
  test('is a move of the alias; whoever looks follows, and a call under way ends with the version it began with', async () => {
    expect(await decideBy('payment-1')).toBe('march');
    await promote(registry, 'april', by('ann', 'better on March'));
    const underWay = decideBy('payment-2');
    await model.look();
    expect(await underWay).toBe('march');
    expect(await decideBy('payment-3')).toBe('april');
    expect((await registry.readAlias('previous'))?.modelVersion).toBe('march');
  });

  test('holds only against the champion that was compared with: of two at once one is told that it lost', async () => {
    const champion = await registry.readAlias('champion');
    const promotions = ['ben', 'cleo'].map((name) =>
      promote(registry, 'march', { ...by(name, 'at the same time'), championFence: champion?.fence }),
    );
    const outcomes = await Promise.allSettled(promotions);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await rollBack(registry, by('ann', 'back to April'));
    expect((await registry.readAlias('champion'))?.modelVersion).toBe('april');
  });

  test('of a version that does not score its golden rows as when it was made is refused, and the champion stays', async () => {
    const { manifest, files } = createSmallVersion({ modelVersion: 'may' });
    const values = new Float32Array(manifest.heads.full.inputs.length);
    const golden = toGoldenBytes({
      inputs: values.length,
      values: Buffer.from(values.buffer).toString('base64'),
      // Its head gives 0 for a row of nothing; whoever made it noted something else.
      rawScores: [0.7],
    });
    const withGolden = new Map([...files, [GOLDEN_ROWS_FILE, golden] as const]);
    await registry.publish({ ...manifest, files: describeFiles(withGolden) }, withGolden);
    await promote(registry, 'may', by('ben', 'in a hurry'));
    await model.look();
    expect(await decideBy('payment-4')).toBe('april');
    expect(model.facts()).toMatchObject({
      modelVersion: 'april',
      refused: { modelVersion: 'may', code: 'FRAUD_MODEL_GOLDEN_MISMATCH' },
    });
  });

  test('of a version with one bit turned over is refused before a byte of it is used', async () => {
    const { manifest, files } = createSmallVersion({ modelVersion: 'june' });
    await registry.publish(manifest, files);
    const file = join(directory, 'versions', 'june', manifest.encoder.file);
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await promote(registry, 'june', by('ben', 'in a hurry'));
    await model.look();
    expect(await decideBy('payment-5')).toBe('april');
    expect(model.facts()).toMatchObject({ refused: { code: 'FRAUD_MODEL_HASH_MISMATCH' } });
  });
});

describe('a roll-back', () => {
  test('is a move like any other: to what the champion replaced, noted with who and why', async () => {
    await promote(registry, 'march', by('ann', 'a version that serves'));
    await promote(registry, 'april', by('ann', 'better on March'));
    await model.look();
    expect(await decideBy('payment-6')).toBe('april');
    const entry = await rollBack(registry, by('cleo', 'too many declines'));
    await model.look();
    expect(await decideBy('payment-7')).toBe('march');
    expect(entry).toMatchObject({ replaced: 'april', by: 'cleo', reason: 'too many declines' });
    const history = await registry.readHistory('champion');
    expect(history.map(({ fence }) => fence)).toEqual(history.map((_, index) => index + 1));
    expect(readdirSync(join(directory, 'aliases', 'champion'))).toHaveLength(history.length);
  });

  test('to the version before costs nothing: it was kept loaded', async () => {
    const march = model.current();
    await promote(registry, 'april', by('ann', 'once more'));
    await model.look();
    await rollBack(registry, by('cleo', 'and back'));
    await model.look();
    expect(model.current()).toBe(march);
    expect(await decideBy('payment-8')).toBe('march');
  });
});

// test/integration/shadow.test.ts: challengers beside the stream's champion: their scores on a topic of their own, its decisions as they are; a canary that ends by itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { decisionSchema } from '../../shared/domain/decision.ts';
import { shadowScoreSchema } from '../../shared/domain/shadow-score.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import { type TestTopics, useTopics } from '../support/broker.ts';
import { parseValue, readTopic } from '../support/read-topic.ts';
import {
  createBiasedChallenger,
  createNanChallenger,
  createOtherEncoderChallenger,
} from '../support/small-challengers.ts';
import { publishSmallChampion, useScorer } from '../support/use-scorer.ts';

const PAYMENTS = 60;

/** A registry with the small champion and a challenger, and further versions to name by a setting. */
async function useRegistry(challenger: VerifiedVersion, ...further: VerifiedVersion[]) {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-shadow-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  await publishSmallChampion(directory);
  const registry = new FileRegistry(directory);
  for (const { manifest, files } of [challenger, ...further]) await registry.publish(manifest, files);
  const { modelVersion } = challenger.manifest;
  const note = { movedAt: '2026-03-01T00:00:00.000Z', by: 'test' };
  await registry.moveAlias({ alias: 'challenger', modelVersion, expectedFence: 0, ...note });
  return { directory, registry };
}

async function pay({ connection, topics }: TestTopics): Promise<void> {
  const producer = await createProducer({ connection });
  const nowMs = systemClock.now();
  const records = Array.from({ length: PAYMENTS }, (_, index) => {
    const cardToken = `tok_${index % 20}`;
    const transaction = {
      transactionId: `payment-${index}`,
      eventTime: new Date(nowMs - 60_000 + index).toISOString(),
      cardToken,
      amountMinor: 1_000 + 17 * index,
      currency: 'EUR',
    };
    return {
      topic: topics.transactions.name,
      key: cardToken,
      value: Buffer.from(JSON.stringify(transaction)),
    };
  });
  await producer.send(records);
  await producer.close();
}

test('scores of challengers come on their own topic, keyed by card, beside decisions that are the champion’s', async () => {
  const setUp = await useTopics();
  const { directory } = await useRegistry(
    createBiasedChallenger('riskier', 3),
    createOtherEncoderChallenger(),
  );
  const scorer = await useScorer(setUp, {
    FRAUD_REGISTRY_DIRECTORY: directory,
    FRAUD_SHADOW_VERSIONS: 'other-encoder',
    FRAUD_SHADOW_ENCODER_SHARE: '1',
  });
  // Its encoder starts beside the champion, which does not wait for it.
  await expect
    .poll(() => scorer.process.logLines.some((line) => line.includes('encoder of a challenger runs')), {
      timeout: 60_000,
    })
    .toBe(true);
  await pay(setUp);
  await scorer.untilCaughtUp();
  const metric = (result: string) => new RegExp(`fraud_shadow_scores_total\\{result="${result}"\\} (\\d+)`);
  await expect
    .poll(async () => Number(metric('scored').exec(await scorer.readMetrics())?.[1] ?? 0), {
      timeout: 30_000,
    })
    .toBe(2 * PAYMENTS);
  await scorer.process.stop();
  const decisions = (await readTopic(setUp.connection, setUp.topics.decisions.name)).map((record) =>
    decisionSchema.parse(parseValue(record)),
  );
  expect(decisions).toHaveLength(PAYMENTS);
  const byId = new Map(decisions.map((decision) => [decision.transactionId, decision]));
  const records = await readTopic(setUp.connection, setUp.topics.shadowScores.name);
  const seen: string[] = [];
  for (const record of records) {
    const score = shadowScoreSchema.parse(parseValue(record));
    const decision = byId.get(score.transactionId);
    expect(Buffer.from(record.key ?? []).toString()).toBe(decision?.cardToken);
    expect(score.decided).toEqual({
      modelVersion: 'small',
      score: decision?.score,
      decision: decision?.decision,
    });
    seen.push(...score.shadows.map(({ modelVersion }) => `${modelVersion} ${score.transactionId}`));
  }
  expect(seen).toHaveLength(2 * PAYMENTS);
  expect(new Set(seen).size).toBe(2 * PAYMENTS);
}, 180_000);

test('a canary without numbers ends at once: the champion decides everything, and the registry tells who ended it and why', async () => {
  const setUp = await useTopics();
  const { directory, registry } = await useRegistry(createNanChallenger());
  const scorer = await useScorer(setUp, {
    FRAUD_REGISTRY_DIRECTORY: directory,
    FRAUD_CANARY_SHARE: '0.5',
  });
  await pay(setUp);
  await scorer.untilCaughtUp();
  await expect
    .poll(async () => (await registry.readAlias('challenger'))?.modelVersion, { timeout: 30_000 })
    .toBe('small');
  expect(await scorer.readMetrics()).toContain('fraud_canary_roll_backs_total{condition="not-finite"} 1');
  await scorer.process.stop();
  const decisions = (await readTopic(setUp.connection, setUp.topics.decisions.name)).map((record) =>
    decisionSchema.parse(parseValue(record)),
  );
  expect(decisions).toHaveLength(PAYMENTS);
  expect(new Set(decisions.map(({ model, tier }) => `${model.modelVersion} ${tier}`))).toEqual(
    new Set(['small full']),
  );
  expect((await registry.readHistory('challenger')).at(-1)).toMatchObject({
    replaced: 'nan',
    by: 'stream-scorer',
  });
  expect((await registry.readAlias('challenger'))?.reason).toContain('not-finite');
}, 180_000);

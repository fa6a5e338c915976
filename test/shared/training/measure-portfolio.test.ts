// test/shared/training/measure-portfolio.test.ts: a reference comes from unlabelled traffic, tails included, and a version takes it in.
import { expect, test } from 'vitest';
import { type Transaction, transactionSchema } from '../../../shared/domain/transaction.ts';
import { createRecordingEncoder } from '../../../shared/encoder/recording-encoder.ts';
import { DAY_ZERO_TABLE } from '../../../shared/head/day-zero.ts';
import { listStatistics } from '../../../shared/head/statistics.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { withReference } from '../../../shared/training/assemble-version.ts';
import { measurePortfolio } from '../../../shared/training/measure-portfolio.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const champion = createChampion(createSmallVersion());
const createdAt = '2026-01-02T00:00:00.000Z';

/** 600 payments of twenty cards, one an hour, amounts of 1 to 100. */
function createTraffic(): Transaction[] {
  return Array.from({ length: 600 }, (_, index) =>
    transactionSchema.parse({
      transactionId: `t-${index}`,
      portfolioId: 'ours',
      eventTime: new Date(Date.parse('2026-01-01T00:00:00Z') + index * 3_600_000).toISOString(),
      cardToken: `card-${index % 20}`,
      amountMinor: ((index * 37) % 100) * 100 + 100,
      currency: 'NOK',
    }),
  );
}

async function measure(traffic: readonly Transaction[], sampleRows = 200) {
  const encoder = createRecordingEncoder({ config: champion.config });
  const reference = await measurePortfolio({
    portfolioId: 'ours',
    tell: async function* () {
      yield traffic;
    },
    startEncoder: async () => encoder,
    config: champion.config,
    settings: champion.featureSettings,
    sampleRows,
  });
  return { reference, encoder };
}

test('medians and every tail table are there, from a sample of about the size asked for', async () => {
  const { reference, encoder } = await measure(createTraffic());
  expect(reference.currencyMedians.NOK).toBeGreaterThan(40);
  expect(reference.currencyMedians.NOK).toBeLessThan(60);
  const names = listStatistics(champion.config).map(({ name }) => name);
  expect(Object.keys(reference.tails).sort()).toEqual([...names, DAY_ZERO_TABLE].sort());
  const sampled = encoder.calls.reduce((sum, rows) => sum + rows.length, 0);
  expect(sampled).toBeGreaterThan(150);
  expect(sampled).toBeLessThanOrEqual(300);
});

test('traffic without anything to decide is refused', async () => {
  const applied = createTraffic().map((transaction) => ({ ...transaction, type: 'refund' as const }));
  await expect(measure(applied)).rejects.toMatchObject({ code: 'FRAUD_INPUT_INVALID' });
});

test('a version with the reference added serves that portfolio by it and all others as before', async () => {
  const { reference } = await measure(createTraffic());
  const { manifest, files } = withReference(createSmallVersion(), reference, createdAt);
  const registry = new MemoryRegistry();
  await registry.publish(manifest, files);
  const loaded = createChampion(await registry.loadVerified(manifest.modelVersion));
  expect(manifest.derivedFrom).toBe('small');
  expect(loaded.viewOf('ours').reference.portfolioId).toBe('ours');
  expect(loaded.viewOf('another').stamp.referenceDigest).toBe(
    champion.viewOf('another').stamp.referenceDigest,
  );
  expect(loaded.viewOf('ours').stamp.referenceDigest).not.toBe(
    loaded.viewOf('another').stamp.referenceDigest,
  );
});

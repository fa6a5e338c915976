// test/shared/scoring/shipped-version.test.ts: the version that ships is whole, fits this scorer, and is small.
import { expect, test } from 'vitest';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';

test('the shipped version fits the features, readings and heads of this code', async () => {
  const champion = createChampion(await loadShipped());
  expect(champion.thresholds.reviewAbove).toBeLessThan(champion.thresholds.declineAbove);
  const { reference, rarity } = champion.viewOf('any');
  // Without its tail tables nothing would ever be rare: no reasons, no label-free score.
  expect(rarity.statistics.filter(({ name }) => !(name in reference.tails))).toEqual([]);
});

test('the shipped version weighs at most three megabytes', async () => {
  const { manifest } = await loadShipped();
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  expect(bytes).toBeLessThan(3_000_000);
});

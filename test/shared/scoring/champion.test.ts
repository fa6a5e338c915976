// test/shared/scoring/champion.test.ts: a version that does not fit this scorer is refused before it is loaded.
import { expect, test } from 'vitest';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

test('a version made for other features is refused', () => {
  expect(() => createChampion(createSmallVersion({ featureVersion: 'features-0' }))).toThrow(/features-0/);
});

test('a head that expects other inputs is refused', () => {
  const { manifest } = createSmallVersion();
  const full = { ...manifest.heads.full, inputs: ['amount'] };
  expect(() => createChampion(createSmallVersion({ heads: { ...manifest.heads, full } }))).toThrow(
    /full head/,
  );
});

test('a portfolio without a reference of its own is served by the mixed one', () => {
  const champion = createChampion(createSmallVersion());
  expect(champion.viewOf('anything').reference.portfolioId).toBe('*');
  expect(champion.viewOf('anything').stamp).toEqual(champion.viewOf('another').stamp);
});

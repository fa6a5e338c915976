// test/shared/drift/drift-watch.test.ts: quiet weeks stay quiet, what moves is named, one card's spree is no drift, and the same rows give the same bytes.
import { describe, expect, it } from 'vitest';
import {
  buildDriftReference,
  parseDriftReference,
  toDriftReferenceBytes,
} from '../../../shared/drift/drift-reference.ts';
import { DAY_MS, type DriftRow } from '../../../shared/drift/drift-row.ts';
import { createDriftWatch } from '../../../shared/drift/drift-watch.ts';
import type { DriftStatus } from '../../../shared/drift/judge-drift.ts';
import { createRandom } from '../../../shared/simulation/random.ts';

const inputs = [
  'embedding-0',
  'embedding-1',
  'surprise-amount',
  'feature-amountLog',
  'feature-merchantCountLong',
  'event-cardPresentMissing',
];
const CARDS = 150;
const REFERENCE_DAYS = 28;

type Change = (row: DriftRow, random: ReturnType<typeof createRandom>) => DriftRow;

/** Rows of some days: most cards pay once a day; values change by `change`. */
function tellDays(seed: number, fromDay: number, days: number, change: Change = (row) => row): DriftRow[] {
  const random = createRandom(seed);
  const rows: DriftRow[] = [];
  for (let day = fromDay; day < fromDay + days; day++) {
    for (let card = 0; card < CARDS; card++) {
      if (random.chance(0.2)) continue;
      const values = Float32Array.from([
        random.normal(),
        random.normal(),
        random.exponential(2),
        random.normal(),
        random.normal(),
        random.chance(0.1) ? 1 : 0,
      ]);
      const score = random.uniform() ** 8;
      const eventTimeMs = (day + card / CARDS) * DAY_MS;
      rows.push(change({ eventTimeMs, card, values, score, isAlert: score > 0.97 }, random));
    }
  }
  return rows;
}

const reference = buildDriftReference(tellDays(1, 0, REFERENCE_DAYS), { inputs });

/** Every judgement of the days after the reference. */
function watchDays(rows: readonly DriftRow[]): DriftStatus[] {
  const watch = createDriftWatch(reference);
  const judged = rows.flatMap((row) => watch.add(row) ?? []);
  return [...judged, watch.finish()];
}

/** Three quiet weeks, then two of them changed. */
const changed = (change: Change): DriftStatus[] =>
  watchDays([...tellDays(2, REFERENCE_DAYS, 21), ...tellDays(3, REFERENCE_DAYS + 21, 14, change)]);

const withValue =
  (index: number, share: number, value: (random: ReturnType<typeof createRandom>) => number): Change =>
  (row, random) => {
    if (!random.chance(share)) return row;
    const values = Float32Array.from(row.values);
    values[index] = value(random);
    return { ...row, values };
  };

describe('a drift watch', () => {
  it('stays quiet for ten weeks in which nothing happens', () => {
    const decisions = watchDays(tellDays(4, REFERENCE_DAYS, 70)).map(({ decision }) => decision);
    expect(decisions.filter((decision) => decision === 'unknown')).toHaveLength(6);
    expect(decisions.filter((decision) => decision === 'drift')).toEqual([]);
    expect(decisions.filter((decision) => decision === 'watch').length).toBeLessThan(4);
  });

  it.each([
    ['input', 'feature-amountLog', withValue(3, 0.03, () => 6)],
    ['surprise', 'surprise-amount', withValue(2, 0.04, () => 30)],
    ['missingness', 'event-cardPresentMissing', withValue(5, 0.3, () => 1)],
    ['embedding', 'embedding-projection', withValue(0, 0.04, () => 8)],
    [
      'score',
      'score-log-odds',
      (row: DriftRow, random) => (random.chance(0.05) ? { ...row, score: 1 } : row),
    ],
    [
      'alert-rate',
      'alert',
      (row: DriftRow, random) => (random.chance(0.05) ? { ...row, isAlert: true } : row),
    ],
  ] satisfies [string, string, Change][])('names %s when %s moves', (source, column, change) => {
    const drift = changed(change).find(({ decision }) => decision === 'drift');
    expect(drift?.cause).toMatchObject({ source, exceeds: true });
    expect(drift?.cause?.columns.join()).toContain(column);
  });

  it('names missing readings when the encoder no longer answers', () => {
    const statuses = changed((row) => ({
      ...row,
      values: row.values.map((value, at) => (at < 3 ? Number.NaN : value)),
    }));
    const drift = statuses.find(({ decision }) => decision === 'drift');
    expect(drift?.cause?.source).toBeDefined();
    expect(drift?.latest?.sources.find(({ source }) => source === 'missingness')?.columns).toContain(
      'readings-missing',
    );
  });

  it('counts a card once a day: one thief on a spree is no drift', () => {
    const spree = tellDays(3, REFERENCE_DAYS + 21, 14).flatMap((row) =>
      row.card === 7
        ? Array.from({ length: 60 }, () => withValue(3, 1, () => 6)(row, createRandom(1)))
        : [row],
    );
    const statuses = watchDays([...tellDays(2, REFERENCE_DAYS, 21), ...spree]);
    expect(statuses.map(({ decision }) => decision)).not.toContain('drift');
  });

  it('shows a slow column that moved, but does not trigger on it', () => {
    const statuses = changed(withValue(4, 1, (random) => 2 + random.normal()));
    expect(statuses.map(({ decision }) => decision)).not.toContain('drift');
    const slow = statuses.at(-1)?.latest?.columns.find(({ name }) => name === 'feature-merchantCountLong');
    expect(slow?.isSlow).toBe(true);
    expect(slow?.populationStability).toBeGreaterThan(0.25);
    expect(slow?.kolmogorovSmirnov).toBeGreaterThan(0.3);
  });

  it('watches before it calls it drift', () => {
    const decisions = changed(withValue(3, 0.03, () => 6)).map(({ decision }) => decision);
    const first = decisions.indexOf('drift');
    expect(decisions[first - 1]).toBe('watch');
  });
});

describe('a drift reference', () => {
  it('is the same bytes for the same rows, and reads back as it was', () => {
    const bytes = toDriftReferenceBytes(reference);
    expect(toDriftReferenceBytes(buildDriftReference(tellDays(1, 0, REFERENCE_DAYS), { inputs }))).toEqual(
      bytes,
    );
    expect(parseDriftReference(bytes)).toEqual(reference);
    expect(bytes.byteLength).toBeLessThan(50_000);
  });

  it('refuses fewer days than two windows', () => {
    expect(() => buildDriftReference(tellDays(1, 0, 13), { inputs })).toThrow(
      expect.objectContaining({ code: 'FRAUD_DRIFT_REFERENCE_SHORT' }),
    );
    expect(() => buildDriftReference([], { inputs })).toThrow(
      expect.objectContaining({ code: 'FRAUD_DRIFT_REFERENCE_SHORT' }),
    );
  });

  it('refuses bytes that are none', () => {
    expect(() => parseDriftReference(new TextEncoder().encode('{"formatVersion":2}'))).toThrow(
      expect.objectContaining({ code: 'FRAUD_MODEL_INVALID' }),
    );
  });
});

// test/shared/simulation/rhythm.test.ts: walking a weekly rhythm: forward only, whole weeks kept, nights nearly empty.
import { describe, expect, it } from 'vitest';
import { hourOf, RHYTHM_COUNT, seasonOf, walkRhythm } from '../../../shared/simulation/rhythm.ts';

const WEEK_MS = 7 * 86_400_000;
const start = Date.UTC(2025, 2, 5, 13, 20);

describe('a rhythm', () => {
  it('arrives at the same moment of a later week after whole weeks', () => {
    for (let rhythm = 0; rhythm < RHYTHM_COUNT; rhythm += 1) {
      expect(walkRhythm(rhythm, start, 3) / 1000).toBeCloseTo((start + 3 * WEEK_MS) / 1000, 0);
    }
  });

  it('moves on by however little, and two steps reach as far as one', () => {
    for (let rhythm = 0; rhythm < RHYTHM_COUNT; rhythm += 1) {
      const middle = walkRhythm(rhythm, start, 0.21);
      expect(middle).toBeGreaterThan(start);
      expect(walkRhythm(rhythm, middle, 0.4) / 1000).toBeCloseTo(walkRhythm(rhythm, start, 0.61) / 1000, 0);
    }
  });

  it('hardly ever stops at night for people who work by day', () => {
    let nights = 0;
    let time = start;
    for (let step = 0; step < 2_000; step += 1) {
      time = walkRhythm(0, time, 0.0871);
      const hour = hourOf(time);
      if (hour >= 1 && hour < 5) nights += 1;
    }
    expect(nights / 2_000).toBeLessThan(0.05);
  });

  it('knows the season of gifts', () => {
    expect(seasonOf(Date.UTC(2025, 11, 15), 1)).toBeGreaterThan(seasonOf(Date.UTC(2025, 2, 15), 1));
  });
});

// shared/features/feature-input.ts: what the feature sections read, and the scalings they share.
import type { EntityView } from '../sequence/entity-view.ts';
import type { CardLevel } from './card-level.ts';
import type { FeatureSettings } from './feature-settings.ts';

/** One transaction and what was known before it. All views are as of the transaction's own position. */
export interface FeatureInput {
  /** The transaction's own packed event. */
  readonly own: DataView;
  /** Event time, ms. */
  readonly timeMs: number;
  readonly level: CardLevel;
  readonly card: EntityView;
  readonly merchant: EntityView;
  readonly account: EntityView;
  readonly settings: FeatureSettings;
}

/** A group of features: names, and their values in the same order. */
export interface FeatureSection {
  readonly names: readonly string[];
  readonly measure: (input: FeatureInput) => readonly number[];
}

/** Days reported when something never happened (as in the benchmark study). */
export const NEVER_DAYS = 99;

/** ln(1 + count), for counts and amounts: 0 stays 0. */
export const scaleCount = (count: number): number => Math.log1p(Math.max(0, count));

/** ln(1 + |value|) with the sign of the value. */
export const signedLog = (value: number): number => (value < 0 ? -Math.log1p(-value) : Math.log1p(value));

/** ln(1 + seconds) brought to about ±1.5; missing becomes 1.5 (40 days). */
export const scaleGap = (gapLog: number): number => (Number.isNaN(gapLog) ? 1.5 : (gapLog - 9) / 4);

/** A flag as 1 or 0, or .5 when it is not known. */
export const toShare = (known: boolean, value: boolean): number => (known ? Number(value) : 0.5);

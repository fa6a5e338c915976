// shared/features/feature-settings.ts: windows and limits of the features; part of a model's manifest, so that scoring and training agree.
import { z } from 'zod';

const days = z.number().positive().max(40);

export const featureSettingsSchema = z.object({
  /** Three windows for counts, means and merchant risk, ascending, days. */
  windowsDays: z.tuple([days, days, days]).default([1, 7, 30]),
  /** An event older than this counts as genuine unless a fraud label of it is known; merchant risk windows end this long before t. Days. */
  maturityDays: z.number().min(0).max(40).default(7),
  /** Two windows in which unusually large amounts of a card are counted, ascending, days. */
  burstDays: z.tuple([days, days]).default([2, 14]),
  /** An amount is unusually large from this multiple of the card's robust level on. */
  burstRatio: z.number().positive().default(2.5),
  /** How far back a merchant's run of known frauds is followed, days. */
  runDays: days.default(35),
  /** A fraud below both is not explained by its card (the merchant may be): multiple of the card's level, amount in reference units. */
  unexplainedRatio: z.number().positive().default(2),
  unexplainedAmount: z.number().positive().default(4),
  /** Amounts below this (reference units) count as small: card testing. */
  smallAmount: z.number().positive().default(0.1),
});

/** Windows and limits of the features. */
export type FeatureSettings = z.infer<typeof featureSettingsSchema>;

/** The settings the shipped champion was trained with. */
export const defaultFeatureSettings: FeatureSettings = featureSettingsSchema.parse({});

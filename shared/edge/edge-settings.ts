// shared/edge/edge-settings.ts: limits of what is accepted at the edge: size, depth, plausible times, ids.
import { z } from 'zod';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Limits for records from outside. Times are judged against the clock of the process, which a replay drives by event time. */
export const edgeSettingsSchema = z.object({
  /** Largest record value, bytes. A transaction with every field full is under 3 kB. */
  maxRecordBytes: z.int().min(1024).default(65_536),
  /** Deepest nesting of objects and arrays; a transaction needs two. */
  maxDepth: z.int().min(2).max(256).default(16),
  /** How far the event time may be ahead of the clock: a sender with a wrong zone is at most 14 h off. */
  maxFutureMs: z.int().min(0).default(DAY_MS),
  /** How far the event time may lie back. Older history comes in by `fraudctl state load` or a replay clock. */
  maxPastMs: z
    .int()
    .min(0)
    .default(366 * DAY_MS),
  /** Outcomes are later than transactions: a dispute may be filed up to 540 days after, and takes months. */
  maxOutcomePastMs: z
    .int()
    .min(0)
    .default(3 * 366 * DAY_MS),
  /** `strict`: ids that are plain digits and look like a card number are refused too. For senders without numeric ids. */
  idRule: z.enum(['tolerant', 'strict']).default('tolerant'),
});
export type EdgeSettings = z.infer<typeof edgeSettingsSchema>;

export const defaultEdgeSettings: EdgeSettings = edgeSettingsSchema.parse({});

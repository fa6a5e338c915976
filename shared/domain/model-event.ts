// shared/domain/model-event.ts: a hint that an alias moved; the registry is the truth.
import { z } from 'zod';

/** `fraud.model-events.v1`, keyed by alias, compacted. */
export const modelEventSchema = z.object({
  kind: z.enum(['model-promote', 'model-roll-back', 'model-register']),
  alias: z.enum(['champion', 'challenger', 'previous']),
  modelVersion: z.string(),
  /** Fencing number of the alias move; readers ignore smaller ones. */
  fence: z.int().min(0),
  at: z.iso.datetime({ offset: true }),
  by: z.string(),
  reason: z.string().optional(),
});
export type ModelEvent = z.infer<typeof modelEventSchema>;

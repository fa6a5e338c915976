// shared/jobs/look.ts: one look of a retrainer that runs on simulated time: the instant it is asked for, and what was seen and done.
import { z } from 'zod';
import { jobEntrySchema } from './job-entry.ts';

export const lookRequestSchema = z.strictObject({
  /** The retrainer's time from now on. */
  now: z.iso.datetime(),
});

export const lookReportSchema = z.object({
  drift: z.object({
    decision: z.enum(['unknown', 'quiet', 'watch', 'drift']),
    /** What moved, and the columns that moved most. */
    source: z.string().optional(),
    columns: z.array(z.string()),
  }),
  /** The retraining that was begun, at its end; null: none was wanted. */
  job: jobEntrySchema.nullable(),
});
export type LookReport = z.infer<typeof lookReportSchema>;

// shared/encoder-import/trial-message.ts: what the process that tries a foreign encoder is told, and what it answers.
import { z } from 'zod';
import { refusalReasons } from './refusal.ts';

/** Paths; the composed model is written to `output`. */
export interface TrialOrder {
  readonly model: string;
  readonly manifest: string;
  readonly output: string;
}

const figures = z.object({
  millisecondsPerThousandRows: z.number(),
  paddingDifference: z.number(),
  batchDifference: z.number(),
});

export const trialAnswerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('taken'), figures, peakMegabytes: z.number() }),
  z.object({ kind: z.literal('refused'), reason: z.enum(refusalReasons), detail: z.string() }),
]);
export type TrialAnswer = z.infer<typeof trialAnswerSchema>;

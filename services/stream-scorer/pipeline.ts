// services/stream-scorer/pipeline.ts: READ FIRST: record in → transaction → context → readings → score → decision → alert, as one list of steps.
import type { Chunk, Step, StoredChunk } from './chunk.ts';
import { resumeFromStored } from './owed-chunks.ts';
import { createEmitOutputsStep } from './steps/emit-outputs.ts';
import { createParseTransactionsStep } from './steps/parse-transactions.ts';
import { createRecallDecisionsStep } from './steps/recall-decisions.ts';
import { createScoreContextsStep } from './steps/score-contexts.ts';
import { createScoreShadowStep } from './steps/score-shadow.ts';
import { createStoreDecisionsStep } from './steps/store-decisions.ts';

type Timed = <In, Out>(step: Step<In, Out>) => Step<In, Out>;

/** What the steps need; each names its own share. */
export type PipelineParts = Parameters<typeof createParseTransactionsStep>[0] &
  Parameters<typeof createRecallDecisionsStep>[0] &
  Parameters<typeof createScoreContextsStep>[0] &
  Parameters<typeof createStoreDecisionsStep>[0] &
  Parameters<typeof createEmitOutputsStep>[0] &
  Parameters<typeof createScoreShadowStep>[0];

/** A chunk of transactions from bytes to acknowledged outputs. An error leaves the chunk owed: it is tried or read again. */
export function createTransactionPipeline(parts: PipelineParts, timed: Timed): Step<Chunk, StoredChunk> {
  const parse = timed(createParseTransactionsStep(parts)); // bytes → transactions, or dead letters that name the field
  const recall = timed(createRecallDecisionsStep(parts)); //  decided before? its stored bytes go out again
  const score = timed(createScoreContextsStep(parts)); //     history → context → readings → score → decision
  const store = timed(createStoreDecisionsStep(parts)); //    history, decision, outputs and offset become true together
  const emit = timed(createEmitOutputsStep(parts)); //        decisions, alerts, training rows, dead letters: acknowledged
  const shadow = timed(createScoreShadowStep(parts)); //  what challengers would have decided; nothing depends on it

  return resumeFromStored(
    async (chunk) => store(await score(await recall(await parse(chunk)))),
    async (chunk) => shadow(await emit(chunk)),
  );
}

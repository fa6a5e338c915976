// services/stream-scorer/steps/score-contexts.ts: history → context → readings → score → decision by the champion, a chunk at a time so that the encoder sees batches.
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import type { EvaluatedChunk, EvaluatedTransaction, RecalledChunk, Step } from '../chunk.ts';

/** Applied types (clearing, refund, …) pass through the scorer too: they change the history and get no decision. */
export function createScoreContextsStep(parts: {
  readonly scorer: Pick<Scorer, 'evaluateMany'>;
  readonly store: StateStore;
}): Step<RecalledChunk, EvaluatedChunk> {
  return async function scoreContexts(chunk) {
    const requests = chunk.fresh.map(({ transaction, eventTimeMs }) => ({
      transaction,
      eventTimeMs,
      receivedAtMs: chunk.receivedAtMs,
    }));
    const evaluations = await parts.scorer.evaluateMany(requests, (keys) => parts.store.readRecords(keys));
    const evaluated = evaluations.map((evaluation, index): EvaluatedTransaction => {
      const decision = evaluation.kind === 'decided' ? evaluation.decision : undefined;
      const decisionBytes = decision && Buffer.from(JSON.stringify(decision));
      return { received: chunk.fresh[index], evaluation, decision, decisionBytes };
    });
    return { ...chunk, evaluated };
  };
}

// services/stream-scorer/steps/score-contexts.ts: history → context → readings → score → decision by the champion, a chunk at a time so that the encoder sees batches.
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import type { EvaluatedChunk, EvaluatedTransaction, RecalledChunk, Step } from '../chunk.ts';

/** So few are explained in any chunk: where little comes, everything flagged is. */
const EXPLAINED_AT_LEAST = 8;

/** Applied types (clearing, refund, …) pass through the scorer too: they change the history and get no decision. */
export function createScoreContextsStep(parts: {
  readonly scorer: Pick<Scorer, 'evaluateMany'>;
  readonly store: StateStore;
  /** Of a chunk, at most: a wave of flagged payments must not hold up those behind it. */
  readonly explainedShare: number;
}): Step<RecalledChunk, EvaluatedChunk> {
  return async function scoreContexts(chunk) {
    const requests = chunk.fresh.map(({ transaction, eventTimeMs }) => ({
      transaction,
      eventTimeMs,
      receivedAtMs: chunk.receivedAtMs,
    }));
    const explainedAtMost = Math.max(EXPLAINED_AT_LEAST, Math.ceil(parts.explainedShare * requests.length));
    const readRecords = (keys: readonly string[]) => parts.store.readRecords(keys);
    const evaluations = await parts.scorer.evaluateMany(requests, readRecords, { explainedAtMost });
    const evaluated = evaluations.map((evaluation, index): EvaluatedTransaction => {
      const decision = evaluation.kind === 'decided' ? evaluation.decision : undefined;
      const decisionBytes = decision && Buffer.from(JSON.stringify(decision));
      return { received: chunk.fresh[index], evaluation, decision, decisionBytes };
    });
    return { ...chunk, evaluated };
  };
}

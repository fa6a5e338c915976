// shared/scoring/canary-writer.ts: who writes a decision: the champion, or for a share of the cards the challenger that shared its pass.
import type { RuleSet } from '../rules/rule-set.ts';
import type { Canary } from './canary.ts';
import type { Challengers } from './challengers.ts';
import type { Champion } from './champion.ts';
import {
  createDecisionWriter,
  type DecisionInput,
  type DecisionWriter,
  type WrittenDecision,
} from './decision-writer.ts';

export interface WriterModel {
  readonly champion: Champion;
  readonly challengers?: Challengers | undefined;
}

/** The challenger's decisions carry its own stamp. Where it cannot decide, the champion does: a card gets a decision in any case. */
export function createModelWriter(
  { champion, challengers }: WriterModel,
  rules: RuleSet | undefined,
  canary: Canary | undefined,
): DecisionWriter {
  const write = createDecisionWriter(champion, rules);
  const place = challengers?.canaryPlace ?? 0;
  const challenger = challengers?.heads[place];
  if (!canary || !challenger || place === 0) return write;
  const writeOwn = createDecisionWriter(challenger, rules);
  const { modelVersion } = challenger.manifest;

  function writeTimed(
    side: 'canary' | 'champion',
    by: DecisionWriter,
    input: DecisionInput,
  ): WrittenDecision {
    const begun = performance.now();
    const written = by(input);
    const alerted = written.decision.decision === 'approve' ? 0 : 1;
    canary?.note(side, { decided: 1, alerted, writingMs: performance.now() - begun });
    return written;
  }
  return (input) => {
    const { encoded, withoutHistory, transaction } = input;
    // Below tier full there is nothing of the challenger's to compare with.
    if (!encoded || withoutHistory) return write(input);
    if (!canary.includes(modelVersion, transaction)) return writeTimed('champion', write, input);
    const rawScores = encoded.rawScores.subarray(place, place + 1);
    if (!Number.isFinite(rawScores[0])) {
      canary.note('canary', { notFinite: 1 });
      return write(input);
    }
    try {
      return writeTimed('canary', writeOwn, { ...input, encoded: { ...encoded, rawScores } });
    } catch {
      canary.note('canary', { failed: 1 });
      return write(input);
    }
  };
}

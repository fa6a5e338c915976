// services/retrainer/stages/judge.ts: every gate's verdict, with its figures.
import { createPromotionGates, judgeGates } from '../gates/all-gates.ts';
import type { WithEvaluation, WithVerdicts } from '../state.ts';

export function judge(state: WithEvaluation): WithVerdicts {
  const { equalMargin } = state.settings;
  return { ...state, verdicts: judgeGates(state.facts, createPromotionGates({ equalMargin })) };
}

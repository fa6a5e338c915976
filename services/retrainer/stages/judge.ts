// services/retrainer/stages/judge.ts: every gate's verdict, with its figures.
import { judgeGates } from '../gates/all-gates.ts';
import type { WithEvaluation, WithVerdicts } from '../state.ts';

export function judge(state: WithEvaluation): WithVerdicts {
  return { ...state, verdicts: judgeGates(state.facts) };
}

// shared/scoring/calls-under-way.ts: calls to a scorer that have begun and not ended: a model that was replaced may be stopped when they have.
import type { Scorer } from './scorer.ts';

/** `evaluateMany` of a scorer, watched. */
export interface WatchedCalls {
  readonly evaluateMany: Scorer['evaluateMany'];
  /** Resolves when every call that is under way now has ended; later ones do not matter. */
  whenAnswered(): Promise<void>;
}

export function watchCalls(scorer: Pick<Scorer, 'evaluateMany'>): WatchedCalls {
  const underWay = new Set<Promise<unknown>>();
  return {
    evaluateMany: (...call) => {
      const answer = scorer.evaluateMany(...call);
      underWay.add(answer);
      const end = () => void underWay.delete(answer);
      answer.then(end, end);
      return answer;
    },
    whenAnswered: async () => {
      await Promise.allSettled(underWay);
    },
  };
}

// services/stream-scorer/steps/score-shadow.ts: decided, stored and sent → what challengers would have decided; nothing comes of it but records.
import type { Shadow } from '../../../shared/scoring/shadow.ts';
import type { Step, StoredChunk } from '../chunk.ts';

/** After everything that counts: a crash before it loses shadow scores and nothing else. */
export function createScoreShadowStep(parts: { readonly shadow: Shadow }): Step<StoredChunk, StoredChunk> {
  return function scoreShadow(chunk) {
    parts.shadow.offer(chunk.evaluated.map(({ evaluation }) => evaluation));
    return chunk;
  };
}

// infra/local/load-warm-up.ts: fills the histories of the demonstration's cards before anything is scored.

import type { Champion } from '../../shared/scoring/champion.ts';
import { createHistoryLoader } from '../../shared/scoring/load-history.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import type { Traffic } from './traffic.ts';

/** Opens the store for itself: the scorer opens it afterwards. */
export async function loadWarmUp(parts: {
  readonly traffic: Traffic;
  readonly champion: Champion;
  readonly stateDirectory: string;
  readonly say: (sentence: string) => void;
}): Promise<void> {
  const store = createLmdbStateStore({ directory: parts.stateDirectory });
  try {
    const loader = createHistoryLoader(store, parts.champion);
    parts.say('Loading the history of the cards …');
    for await (const lines of parts.traffic.history()) {
      for (const line of lines) if (line.kind === 'transaction') await loader.add(line.transaction);
    }
    parts.say(`${await loader.finish()} transactions of history loaded.`);
  } finally {
    await store.close();
  }
}

// shared/kafka/committer.ts: one offset commit at a time; what is asked for meanwhile leaves together, highest offset per partition.
import { setTimeout as wait } from 'node:timers/promises';
import type { InputOffset } from '../sequence/state-store.ts';
import { createBackoff } from './backoff.ts';

/** Sends offsets to the group's coordinator; rejects with `isLost` errors when they are no longer ours to commit. */
export interface CommitPort {
  send(offsets: readonly InputOffset[]): Promise<void>;
  /** The group moved on: the records will be read again, by us or by another member. */
  isLost(error: unknown): boolean;
  /** Told before offsets are sent again. */
  onRetry?(error: unknown): void;
}

export interface Committer {
  /** Resolves when the broker has these offsets or later ones, or when they became stale. */
  commit(offsets: readonly InputOffset[], isStale: () => boolean): Promise<void>;
}

interface Asked {
  readonly offsets: readonly InputOffset[];
  readonly isStale: () => boolean;
}

function highestOf(asked: readonly Asked[]): InputOffset[] {
  const highest = new Map<string, InputOffset>();
  for (const offset of asked.flatMap(({ offsets }) => offsets)) {
    const key = `${offset.topic}|${offset.partition}`;
    const known = highest.get(key);
    if (!known || known.offset < offset.offset) highest.set(key, offset);
  }
  return [...highest.values()];
}

/** @param retryPauseMs first pause before a commit is tried again that failed for another reason than a moved group */
export function createCommitter(port: CommitPort, retryPauseMs?: number): Committer {
  let asked: Asked[] = [];
  let round: Promise<void> | undefined;

  const sendRound = async (): Promise<void> => {
    const mine = asked;
    asked = [];
    const pause = createBackoff(retryPauseMs);
    for (;;) {
      const current = mine.filter(({ isStale }) => !isStale());
      if (current.length === 0) return;
      try {
        return await port.send(highestOf(current));
      } catch (error) {
        if (port.isLost(error)) return;
        port.onRetry?.(error);
        await wait(pause.next());
      }
    }
  };

  return {
    commit: async (offsets, isStale) => {
      asked.push({ offsets, isStale });
      // The round under way left without these offsets: the next one, begun by whoever wakes first, takes them all.
      if (round) await round;
      round ??= sendRound().finally(() => {
        round = undefined;
      });
      await round;
    },
  };
}

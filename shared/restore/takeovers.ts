// shared/restore/takeovers.ts: replaced cards during a rebuild: what a successor copied depends on when, so these few go last, in time order.
import { readTimeMs } from '../sequence/packed-event.ts';
import { viewOf } from '../sequence/record-layout.ts';
import type { AppendEvent, MarkLabel, StateChange } from '../sequence/state-store.ts';

interface HeldChange {
  readonly timeMs: number;
  /** Labels before appends of the same instant, as in a replay. */
  readonly rank: number;
  readonly change: StateChange;
}

/** Holds back what touches a successor or the card it replaced. Both have to be noted before the first append. */
export class Takeovers {
  readonly #cards = new Set<string>();
  readonly #held: HeldChange[] = [];

  note({ entityKey, takesOverFrom }: AppendEvent): void {
    if (takesOverFrom === undefined) return;
    this.#cards.add(entityKey);
    this.#cards.add(takesOverFrom);
  }

  /** The appends that can be made at once. */
  holdAppends(appends: readonly AppendEvent[]): AppendEvent[] {
    return appends.filter((append) => {
      if (!this.#cards.has(append.entityKey)) return true;
      const timeMs = readTimeMs(viewOf(append.event), 0);
      this.#held.push({ timeMs, rank: 1, change: { appends: [append] } });
      return false;
    });
  }

  /** The labels that can be marked at once. */
  holdLabels(labels: readonly MarkLabel[]): MarkLabel[] {
    return labels.filter((mark) => {
      if (!this.#cards.has(mark.entityKey)) return true;
      this.#held.push({ timeMs: mark.knownAtMs, rank: 0, change: { labels: [mark] } });
      return false;
    });
  }

  /** What was held, in the order in which it happened. */
  release(): StateChange[] {
    this.#held.sort((left, right) => left.timeMs - right.timeMs || left.rank - right.rank);
    return this.#held.splice(0).map(({ change }) => change);
  }
}

// shared/sequence/thinning.ts: which event leaves a full ring: the oldest, or, for busy merchants, the one least needed to reach back days.
import { readTimeMs } from './packed-event.ts';
import { DAY_MS, ringAt } from './record-layout.ts';

export type Thinning = 'none' | 'by-time';

/** Mean age of what a thinned ring keeps beyond its newest events. Long enough to span usual label delays of days, short enough to notice a change of habit. */
const REACH_MS = 4 * DAY_MS;
/** Share of the ring that is always the newest events, without gaps. */
const NEWEST_SHARE = 3 / 8;

/**
 * Time until which an event claims its place: its own time plus a bonus drawn from its id hash, exponential with mean REACH_MS.
 * Keeping the largest claims leaves ages that are exponential with that mean at any traffic rate, and,
 * because a claim never changes, what was evicted once would be evicted again: the kept set depends on the events, not on their order of arrival.
 */
function claimOf(view: DataView, offset: number): number {
  const uniform = (view.getUint32(offset + 16, true) + 0.5) / 2 ** 32;
  return readTimeMs(view, offset) - REACH_MS * Math.log(uniform);
}

/** A full ring and the event that wants in, at its place in the total order. */
export interface Candidates {
  /** Holds the ring at its place in a record, and the event at `eventAt`. */
  readonly ring: DataView;
  readonly ringCount: number;
  readonly eventAt: number;
  /** Index the event would have in the ring. */
  readonly index: number;
}

/** Index, among ringCount + 1 events in order, of the one that leaves. */
export function indexToEvict(candidates: Candidates, thinning: Thinning): number {
  if (thinning === 'none') return 0;
  const { ring, ringCount, eventAt, index } = candidates;
  const thinnable = ringCount + 1 - Math.ceil(ringCount * NEWEST_SHARE);
  let least = 0;
  let leastClaim = Number.POSITIVE_INFINITY;
  for (let at = 0; at < thinnable; at += 1) {
    const claim = claimOf(ring, at === index ? eventAt : ringAt(at < index ? at : at - 1));
    if (claim < leastClaim) {
      least = at;
      leastClaim = claim;
    }
  }
  return least;
}

// test/support/naive-history.ts: the oracle of entity records: all events and labels in plain arrays, computed anew at each look.
import { DAY_MS } from '../../shared/sequence/record-layout.ts';
import { type EventSketch, positionOf } from './packed-events.ts';

export interface NaiveLabel {
  readonly id: string;
  readonly knownAtMs: number;
}

/** What a view says, in plain values. */
export interface NaiveView {
  readonly ids: readonly number[];
  readonly days: readonly { day: number; count: number; amount: number; frauds: number }[];
}

const inOrder = (left: EventSketch, right: EventSketch): number => {
  const [first, second] = [positionOf(left), positionOf(right)];
  return first.timeMs - second.timeMs || first.idHigh - second.idHigh || first.idLow - second.idLow;
};

const signOf = (event: EventSketch): number => {
  if (event.type === 'reversal' || event.type === 'refund') return -1;
  return event.type === 'statement' || event.type === 'repayment' ? 0 : 1;
};

/** The view before `asOf` of the last `ringEvents` of `events`, all of which are distinct; days are those of `events` alone. */
export function naiveView(
  history: { events: readonly EventSketch[]; labels: readonly NaiveLabel[] },
  asOf: EventSketch,
  limits: { ringEvents: number; bucketDays: number },
): NaiveView {
  const sorted = [...history.events].sort(inOrder);
  const ring = sorted.slice(-limits.ringEvents).filter((event) => inOrder(event, asOf) < 0);
  const earlier = sorted.filter((event) => inOrder(event, asOf) < 0 && signOf(event) !== 0);
  const dayOf = (event: EventSketch): number => Math.floor(event.timeMs / DAY_MS);
  const newest = Math.max(...sorted.filter((event) => signOf(event) !== 0).map(dayOf));
  const days = [...new Set(earlier.map(dayOf))].filter((day) => day > newest - limits.bucketDays);
  return {
    ids: ring.map((event) => positionOf(event).idLow),
    days: days
      .map((day) => {
        const ofDay = earlier.filter((event) => dayOf(event) === day);
        const knownMidnight = (label: NaiveLabel): number =>
          Math.max(day + 1, Math.ceil(label.knownAtMs / DAY_MS)) * DAY_MS;
        const isKnownFraud = (event: EventSketch): boolean =>
          history.labels.some((label) => label.id === event.id && knownMidnight(label) <= asOf.timeMs);
        return {
          day,
          count: ofDay.filter((event) => signOf(event) > 0).length,
          amount: ofDay.reduce((sum, event) => sum + signOf(event) * (event.amount ?? 1), 0),
          frauds: ofDay.filter((event) => signOf(event) > 0 && isKnownFraud(event)).length,
        };
      })
      .filter((day) => day.count !== 0 || day.amount !== 0),
  };
}

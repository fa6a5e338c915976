// services/scoring-api/outcome-so-far.ts: what is known by now about a transaction's label, read off its card's history.
import { entryModes, transactionTypes } from '../../shared/domain/transaction.ts';
import { viewBefore } from '../../shared/sequence/entity-record.ts';
import type { EntityView } from '../../shared/sequence/entity-view.ts';
import { EVENT_BYTES, LABELS, readEvent, readLabel } from '../../shared/sequence/packed-event.ts';
import type { EntityRecord } from '../../shared/sequence/state-store.ts';

export interface OutcomeSoFar {
  readonly label: 'fraud' | 'genuine';
  readonly knownAt: string;
}

/** The whole history: no event is at or after this position. */
const END_OF_TIME = { timeMs: Number.MAX_SAFE_INTEGER, idLow: 0, idHigh: 0 };

export function viewWhole(record: EntityRecord | undefined): EntityView {
  return viewBefore(record, END_OF_TIME);
}

/** Undefined while nobody said anything. */
export function outcomeAt(view: DataView, offset: number): OutcomeSoFar | undefined {
  const { label, knownAtMs } = readLabel(view, offset);
  if (label === LABELS.unknown) return undefined;
  return { label: label === LABELS.fraud ? 'fraud' : 'genuine', knownAt: new Date(knownAtMs).toISOString() };
}

/** Label of the event with this id hash; undefined when it is unknown or the event is no longer held in detail. */
export function outcomeOf(
  record: EntityRecord | undefined,
  id: { readonly idLow: number; readonly idHigh: number },
): OutcomeSoFar | undefined {
  const { view, firstByte, count } = viewWhole(record);
  for (let index = count - 1; index >= 0; index -= 1) {
    const offset = firstByte + index * EVENT_BYTES;
    const isSame =
      view.getUint32(offset + 12, true) === id.idLow && view.getUint32(offset + 16, true) === id.idHigh;
    if (isSame) return outcomeAt(view, offset);
  }
  return undefined;
}

/** Events of the history, newest first, as a person can read them. */
export function describeRecent({ view, firstByte, count }: EntityView) {
  return Array.from({ length: count }, (_, index) => {
    const offset = firstByte + (count - 1 - index) * EVENT_BYTES;
    const { timeMs, type, entryMode, amount } = readEvent(view, offset);
    const outcome = outcomeAt(view, offset);
    return {
      at: new Date(timeMs).toISOString(),
      type: transactionTypes[type - 1] ?? 'unknown',
      amountOverMedian: Math.round(amount * 1000) / 1000,
      ...(entryMode > 0 ? { entryMode: entryModes[entryMode - 1] ?? 'other' } : {}),
      ...(outcome ? { outcome } : {}),
    };
  });
}

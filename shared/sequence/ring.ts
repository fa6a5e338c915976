// shared/sequence/ring.ts: where an event stands in a record's ring, and whether it is there already.
import { comparePosition, type EventPosition, readTimeMs } from './packed-event.ts';
import { ringAt } from './record-layout.ts';

/** 64-bit hash of a transaction id. */
export type IdHash = Pick<EventPosition, 'idLow' | 'idHigh'>;

/** Position of the event at `offset`. */
export function positionAt(view: DataView, offset: number): EventPosition {
  return {
    timeMs: readTimeMs(view, offset),
    idLow: view.getUint32(offset + 12, true),
    idHigh: view.getUint32(offset + 16, true),
  };
}

/** Number of ring events before `position`. Searched from the newest: almost always the answer is near. */
export function countBefore(view: DataView, ringCount: number, position: EventPosition): number {
  let index = ringCount;
  while (index > 0 && comparePosition(view, ringAt(index - 1), position) >= 0) index -= 1;
  return index;
}

/** Ring index of the event with this id, whatever its time; −1 when it is not there. */
export function indexOfId(view: DataView, ringCount: number, id: IdHash): number {
  for (let index = ringCount - 1; index >= 0; index -= 1) {
    const offset = ringAt(index);
    if (view.getUint32(offset + 12, true) === id.idLow && view.getUint32(offset + 16, true) === id.idHigh) {
      return index;
    }
  }
  return -1;
}

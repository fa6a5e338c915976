// shared/scoring/occlude.ts: one context → the same without each group and without each recent event, as rows for one more call of the encoder.
import type { Context } from '../domain/context.ts';
import type { ReasonCode } from '../domain/reason-code.ts';
import type { EncoderRow } from '../encoder/encoder.ts';
import { EVENT_BYTES, readTimeMs } from '../sequence/packed-event.ts';
import { blankEvent, type OcclusionGroup, occlusionGroups } from './occlusion-groups.ts';

/** Most recent events that are taken away, one at a time. */
export const OCCLUDED_EVENTS = 4;

/** What one row lacks: a group of the transaction itself, or an earlier event. */
export interface Occlusion {
  readonly code: ReasonCode;
  /** Of an earlier event: how many events back (1 = the previous one), and its age, ms. */
  readonly event?: { readonly back: number; readonly ageMs: number };
  readonly row: EncoderRow;
}

function withoutGroup(
  { portfolioId, events, eventCount, features }: Context,
  { features: changes, blank }: OcclusionGroup,
): EncoderRow {
  const changed = features.slice();
  for (const [place, neutral] of changes) changed[place] = neutral;
  if (!blank) return { portfolioId, events, eventCount, features: changed };
  return { portfolioId, events: changeAt(events, 1, blank), eventCount, features: changed };
}

/** @param place counted from the end; 1 = the transaction itself */
function changeAt(
  events: Uint8Array,
  place: number,
  change: (view: DataView, offset: number) => void,
): Uint8Array {
  const changed = events.slice();
  const view = new DataView(changed.buffer);
  change(view, changed.byteLength - place * EVENT_BYTES);
  return changed;
}

/** Everything that is taken away from `context`, in a fixed order. The context itself is left unchanged. */
export function occlude(context: Context): Occlusion[] {
  const { portfolioId, events, eventCount, features } = context;
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const timeAt = (place: number) => readTimeMs(view, events.byteLength - place * EVENT_BYTES);
  const ofGroups = occlusionGroups.map(
    (group): Occlusion => ({ code: group.code, row: withoutGroup(context, group) }),
  );
  const before = Math.min(OCCLUDED_EVENTS, eventCount - 1);
  const ofEvents = Array.from({ length: before }, (_, index): Occlusion => {
    const back = index + 1;
    return {
      code: 'RECENT_BEHAVIOUR_UNUSUAL',
      event: { back, ageMs: timeAt(1) - timeAt(back + 1) },
      row: { portfolioId, events: changeAt(events, back + 1, blankEvent), eventCount, features },
    };
  });
  return [...ofGroups, ...ofEvents];
}

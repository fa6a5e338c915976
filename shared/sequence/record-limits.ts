// shared/sequence/record-limits.ts: how much history each kind of entity keeps.
import { WINDOW } from './packed-event.ts';
import type { Thinning } from './thinning.ts';

/** At most 64 events and 40 days fit into a record (MAX_RECORD_BYTES). */
export interface RecordLimits {
  readonly ringEvents: number;
  /** Days of buckets, counted back from the newest day of the entity. */
  readonly bucketDays: number;
  readonly thinning: Thinning;
}

const WHOLE: RecordLimits = { ringEvents: WINDOW, bucketDays: 40, thinning: 'none' };
const THINNED: RecordLimits = { ...WHOLE, thinning: 'by-time' };

/** Limits by entity key (`entityKeyOf`): merchants are thinned by time, cards and accounts keep their last events whole. */
export function limitsOf(entityKey: string): RecordLimits {
  return entityKey.startsWith('m|') ? THINNED : WHOLE;
}

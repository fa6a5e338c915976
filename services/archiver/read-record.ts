// services/archiver/read-record.ts: a consumed record → the JSON that is archived, or undefined for what is none.
import { defaultEdgeSettings } from '../../shared/edge/edge-settings.ts';
import { parseOutcome } from '../../shared/edge/parse-outcome.ts';
import { isAboutErased } from '../../shared/erasure/is-about-erased.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';
import type { InputRecord } from '../../shared/kafka/records.ts';

export type RecordReader = (record: InputRecord) => Uint8Array | undefined;

/** An outcome of a replayed year is not judged against today's clock. */
const anyTime = {
  ...defaultEdgeSettings,
  maxFutureMs: Number.MAX_SAFE_INTEGER,
  maxOutcomePastMs: Number.MAX_SAFE_INTEGER,
};

/** What the scorer refuses (and answers by a dead letter) is not archived; the rest with its defaults filled in. */
export const readOutcomeRecord: RecordReader = ({ value, key, timestampMs }) => {
  const parsed = parseOutcome(value, key, timestampMs, anyTime);
  return parsed.kind === 'ok' ? Buffer.from(JSON.stringify(parsed.outcome)) : undefined;
};

const OPEN_BRACE = 123;

/** Rows are written by the scorer: their bytes go on as they are. Whether each is a row shows when the range is written. */
export const readRowRecord: RecordReader = ({ value }) =>
  value && value.length > 2 && value[0] === OPEN_BRACE ? value : undefined;

/** A topic read again must not bring an erased card back: its records from before the erasure are left out. */
export function leaveErasedOut(
  read: RecordReader,
  tombstones: Pick<Tombstones, 'isErased' | 'list'>,
): RecordReader {
  return (record) => {
    const value = read(record);
    return value && isAboutErased(value, tombstones) ? undefined : value;
  };
}

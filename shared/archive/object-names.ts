// shared/archive/object-names.ts: what the files of the archive are called, and which of them count.
import type { ArchiveObject } from './archive-store.ts';

export const archiveKinds = ['events', 'training-rows', 'outcomes'] as const;
export type ArchiveKind = (typeof archiveKinds)[number];

/** Where records came from: offsets `from` to before `to`. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** One Parquet file: the rows of one event day out of one range. */
export interface DayFile extends OffsetRange {
  readonly kind: ArchiveKind;
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly object: ArchiveObject;
}

const padded = (value: bigint | number, digits: number): string => String(value).padStart(digits, '0');
const rangeText = ({ topic, partition, from, to }: OffsetRange): string =>
  `${topic}-${padded(partition, 5)}-${padded(from, 20)}-${padded(to, 20)}`;

/** Named by topic, partition and offset range: the same range written again replaces itself. */
export function dayFileName(kind: ArchiveKind, day: string, range: OffsetRange): string {
  return `${kind}/day=${day}/${rangeText(range)}.parquet`;
}

/** Records that could not be read, as they came. */
export function refusedFileName(range: OffsetRange): string {
  return `refused/${rangeText(range)}.ndjson`;
}

export function markName(topic: string, partition: number): string {
  return `marks/${topic}-${padded(partition, 5)}.json`;
}

const NAME =
  /^(events|training-rows|outcomes)\/day=(\d{4}-\d\d-\d\d)\/(.+)-(\d{5})-(\d{20})-(\d{20})\.parquet$/;

/** A day file by its name; undefined for anything else. */
export function parseDayFile(object: ArchiveObject): DayFile | undefined {
  const [, kind, day = '', topic = '', partition, from = '0', to = '0'] = NAME.exec(object.name) ?? [];
  const known = archiveKinds.find((one) => one === kind);
  if (!known) return undefined;
  return {
    kind: known,
    day,
    topic,
    partition: Number(partition),
    from: BigInt(from),
    to: BigInt(to),
    object,
  };
}

const contains = (outer: DayFile, inner: DayFile): boolean =>
  outer.object.name !== inner.object.name && outer.from <= inner.from && inner.to <= outer.to;

/** Files of one day whose range lies within another file's: compaction made that one of them. */
export function shadowedFiles(files: readonly DayFile[]): Set<DayFile> {
  const groups = new Map<string, DayFile[]>();
  for (const file of files) {
    const key = `${file.kind}|${file.day}|${file.topic}|${file.partition}`;
    const group = groups.get(key);
    if (group) group.push(file);
    else groups.set(key, [file]);
  }
  const shadowed = new Set<DayFile>();
  for (const group of groups.values()) {
    // By start, the longest first: a file is shadowed by the farthest-reaching one before it, or by none.
    group.sort((left, right) =>
      left.from === right.from ? compare(right.to, left.to) : compare(left.from, right.from),
    );
    let reaching: DayFile | undefined;
    for (const file of group) {
      if (reaching && contains(reaching, file)) shadowed.add(file);
      else reaching = file;
    }
  }
  return shadowed;
}

function compare(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

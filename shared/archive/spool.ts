// shared/archive/spool.ts: records of one range as lines of JSON in a local file, so that memory does not grow with the range.
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A record on its way into the archive: a JSON object and what the spool adds to it. */
export interface SpooledRecord {
  readonly offset: bigint;
  /** One JSON object. */
  readonly value: Uint8Array;
  readonly receivedAtMs: number;
}

export interface Spool {
  readonly file: string;
  readonly count: number;
  /** Offset of the first record; undefined while empty. */
  readonly from: bigint | undefined;
  /** Offset after the last record. */
  readonly to: bigint;
  add(records: readonly SpooledRecord[]): void;
  /** Empty again. */
  clear(): void;
  close(): void;
}

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;

/** A line break inside JSON can only be white space between its parts: a space says the same. */
function onOneLine(value: Uint8Array): Uint8Array {
  if (!value.includes(NEWLINE) && !value.includes(RETURN)) return value;
  return value.map((byte) => (byte === NEWLINE || byte === RETURN ? SPACE : byte));
}

/** @param directory of this process alone */
export function createSpool(directory: string, name: string, partition: number): Spool {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.ndjson`);
  let descriptor = openSync(file, 'w');
  let count = 0;
  let from: bigint | undefined;
  let to = 0n;
  return {
    file,
    get count() {
      return count;
    },
    get from() {
      return from;
    },
    get to() {
      return to;
    },
    add: (records) => {
      const parts: Uint8Array[] = [];
      for (const { offset, value, receivedAtMs } of records) {
        const added = `{"_partition":${partition},"_offset":${offset},"_receivedAtMs":${receivedAtMs},`;
        parts.push(Buffer.from(added), onOneLine(value.subarray(1)), Buffer.of(NEWLINE));
        from ??= offset;
        to = offset + 1n;
        count++;
      }
      // Not writeSync: that may write a part and say so.
      if (parts.length > 0) writeFileSync(descriptor, Buffer.concat(parts));
    },
    clear: () => {
      closeSync(descriptor);
      descriptor = openSync(file, 'w');
      count = 0;
      from = undefined;
    },
    close: () => {
      closeSync(descriptor);
      rmSync(file, { force: true });
    },
  };
}

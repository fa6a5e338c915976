// test/quality/terminal-buckets.ts: the Handbook's terminals by day: transactions, and frauds as far as they are known, of the days before a transaction.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { DAY_MS } from './handbook-data.ts';

/** Days back that a row sees: labels of the last seven are not known. */
const KNOWN_FROM_DAYS = 8;
const DAYS = 36;

/** For each known day the count, the frauds and their share; for the days not yet known the count alone. */
export const bucketNames: readonly string[] = [
  ...Array.from({ length: KNOWN_FROM_DAYS }, (_, back) => `bucket-count-${back}`),
  ...Array.from({ length: DAYS }, (_, index) => {
    const back = KNOWN_FROM_DAYS + index;
    return [`bucket-count-${back}`, `bucket-frauds-${back}`, `bucket-share-${back}`];
  }).flat(),
];

export interface TerminalBuckets {
  /** Writes the buckets of a transaction at `timeMs` into `into`. Today's count takes whole days: the transaction's own day is left out. */
  write(transaction: number, timeMs: number, into: Float32Array): void;
}

interface Line {
  readonly id: number;
  readonly day: number;
  readonly terminal: number;
  readonly isFraud: boolean;
}

async function* readLines(file: string): AsyncGenerator<Line> {
  let isHeader = true;
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    if (isHeader) {
      isHeader = false;
      continue;
    }
    const [id, time, , terminal, , fraud] = line.split(',');
    const day = Math.floor(Date.parse(`${time}Z`) / DAY_MS);
    yield { id: Number(id), day, terminal: Number(terminal), isFraud: fraud === '1' };
  }
}

/** Reads the whole file: counts by terminal and day. */
export async function readTerminalBuckets(file: string): Promise<TerminalBuckets> {
  const terminalOf: number[] = [];
  const days = new Map<number, { count: number; frauds: number }>();
  const keyOf = (terminal: number, day: number) => terminal * 100_000 + day;
  for await (const { id, day, terminal, isFraud } of readLines(file)) {
    terminalOf[id] = terminal;
    const key = keyOf(terminal, day);
    const bucket = days.get(key) ?? { count: 0, frauds: 0 };
    days.set(key, bucket);
    bucket.count++;
    if (isFraud) bucket.frauds++;
  }
  return {
    write(transaction, timeMs, into) {
      const today = Math.floor(timeMs / DAY_MS);
      const terminal = terminalOf[transaction] ?? -1;
      into[0] = 0;
      for (let back = 1; back < KNOWN_FROM_DAYS; back++)
        into[back] = days.get(keyOf(terminal, today - back))?.count ?? 0;
      for (let index = 0; index < DAYS; index++) {
        const bucket = days.get(keyOf(terminal, today - KNOWN_FROM_DAYS - index));
        const at = KNOWN_FROM_DAYS + index * 3;
        into[at] = bucket?.count ?? 0;
        into[at + 1] = bucket?.frauds ?? 0;
        // A day without a transaction says neither.
        into[at + 2] = bucket ? bucket.frauds / bucket.count : -1;
      }
    },
  };
}

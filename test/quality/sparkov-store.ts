// test/quality/sparkov-store.ts: rows of Sparkov kept below .fraud/quality: read from the file once, encoded once per encoder, resumed where a run was cut.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import {
  type PopulationReference,
  populationReferenceSchema,
} from '../../shared/features/population-reference.ts';
import { featureNames, featureVersion } from '../../shared/features/velocity.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { readNpy, writeNpy } from './npy.ts';
import { burstNames, measureBursts } from './sparkov-bursts.ts';
import { CUT_MS, loadSparkov, readDraws, type SparkovData } from './sparkov-data.ts';
import { labelledRows } from './sparkov-heads.ts';

/** All rows that any draw labels, and all test rows; places in here are what the other programs call rows. */
export interface SparkovStore {
  readonly reference: PopulationReference;
  readonly rowCount: number;
  /** Card id of the file. */
  readonly cards: Int32Array;
  readonly times: Float64Array;
  readonly labels: Uint8Array;
  /** (rows, features), row-major. */
  readonly features: Float32Array;
  /** Hand-made burst features, (rows, `burstNames`), row-major. */
  readonly bursts: Float32Array;
  readonly testRows: Int32Array;
  /** Rows before the cut, by card id. */
  readonly rowsOfCard: ReadonlyMap<number, readonly number[]>;
  /** Events of the row's card up to its own, which is the last of `count`. Shares memory. */
  windowOf(row: number): { readonly events: Uint8Array; readonly count: number };
}

export const sparkovCache = (): string => join(packageRoot, '.fraud/quality/sparkov', featureVersion);
const fileOf = (name: string): string => join(sparkovCache(), `${name}.npy`);

/** Events of all cards on end, and for every row of the table the event after its window (−1 where its events came in another order). */
function packEvents({ table }: SparkovData): { readonly events: Uint8Array; readonly ends: Int32Array } {
  const firstEvent = [0];
  for (let card = 0; card < table.cardCount; card++)
    firstEvent.push((firstEvent[card] ?? 0) + table.eventsOfCard(card).count);
  const events = new Uint8Array((firstEvent[table.cardCount] ?? 0) * EVENT_BYTES);
  for (let card = 0; card < table.cardCount; card++)
    events.set(table.eventsOfCard(card).events, (firstEvent[card] ?? 0) * EVENT_BYTES);
  const seen = new Int32Array(table.cardCount);
  const ends = Int32Array.from({ length: table.rowCount }, (_, row) => {
    const card = table.cardOf(row);
    seen[card] = (seen[card] ?? 0) + 1;
    const end = (firstEvent[card] ?? 0) + (seen[card] ?? 0);
    const window = table.windowOf(row);
    const packed = events.subarray((end - window.count) * EVENT_BYTES, end * EVENT_BYTES);
    return Buffer.compare(packed, window.events) === 0 ? end : -1;
  });
  return { events, ends };
}

function build(data: SparkovData): void {
  const labelled = Object.values(readDraws()).flatMap((draws) =>
    draws.flatMap((draw) => labelledRows(data, draw)),
  );
  const { table } = data;
  const { events, ends } = packEvents(data);
  const wanted = [...new Set([...labelled, ...data.testRows])].sort((left, right) => left - right);
  const rows = wanted.filter((row) => (ends[row] ?? -1) >= 0);
  if (rows.length < wanted.length)
    process.stdout.write(
      `${wanted.length - rows.length} rows left out: their events came in another order\n`,
    );
  mkdirSync(sparkovCache(), { recursive: true });
  const features = new Float32Array(rows.length * featureNames.length);
  const bursts = new Float32Array(rows.length * burstNames.length);
  const windows = new Int32Array(rows.length * 2);
  rows.forEach((row, at) => {
    features.set(table.featuresOf(row), at * featureNames.length);
    const window = table.windowOf(row);
    bursts.set(measureBursts(window.events, window.count, data.reference), at * burstNames.length);
    windows.set([ends[row] ?? 0, window.count], at * 2);
  });
  const save = (name: string, values: Parameters<typeof writeNpy>[1], ...shape: number[]) =>
    writeNpy(fileOf(name), values, shape);
  save('features', features, rows.length, featureNames.length);
  save('bursts', bursts, rows.length, burstNames.length);
  save('windows', windows, rows.length, 2);
  save('events', events, events.length);
  save(
    'cards',
    Int32Array.from(rows, (row) => data.cardIds[table.cardOf(row)] ?? 0),
    rows.length,
  );
  save(
    'times',
    Float64Array.from(rows, (row) => table.timeOf(row)),
    rows.length,
  );
  save(
    'labels',
    Uint8Array.from(rows, (row) => data.labels[row] ?? 0),
    rows.length,
  );
  writeFileSync(join(sparkovCache(), 'reference.json'), JSON.stringify(data.reference));
}

/** Reads what is kept, made first where it is absent: about two minutes. */
export async function openSparkovStore(file: string): Promise<SparkovStore> {
  const referenceFile = join(sparkovCache(), 'reference.json');
  if (!existsSync(referenceFile)) build(await loadSparkov(file));
  const cards = readNpy(fileOf('cards'), '<i4');
  const times = readNpy(fileOf('times'), '<f8');
  const windows = readNpy(fileOf('windows'), '<i4');
  const events = readNpy(fileOf('events'), '|u1');
  const testRows = [...times.keys()].filter(
    (row) => (times[row] ?? 0) >= CUT_MS && (cards[row] ?? 0) % 2 === 1,
  );
  const rowsOfCard = new Map<number, number[]>();
  times.forEach((time, row) => {
    if (time >= CUT_MS) return;
    const rows = rowsOfCard.get(cards[row] ?? 0) ?? [];
    rows.push(row);
    rowsOfCard.set(cards[row] ?? 0, rows);
  });
  return {
    reference: populationReferenceSchema.parse(JSON.parse(readFileSync(referenceFile, 'utf8'))),
    rowCount: times.length,
    cards,
    times,
    labels: readNpy(fileOf('labels'), '|u1'),
    features: readNpy(fileOf('features'), '<f4'),
    bursts: readNpy(fileOf('bursts'), '<f4'),
    testRows: Int32Array.from(testRows),
    rowsOfCard,
    windowOf(row) {
      const end = windows[row * 2] ?? 0;
      const count = windows[row * 2 + 1] ?? 0;
      return { events: events.subarray((end - count) * EVENT_BYTES, end * EVENT_BYTES), count };
    },
  };
}

/** Test rows: every fraud and one genuine row in `every`, which then stands for so many. */
export function thinTest({ testRows, labels }: SparkovStore, every: number): Int32Array {
  return testRows.filter((row, index) => labels[row] === 1 || index % every === 0);
}

// test/quality/handbook-data.ts: the Handbook portfolio as features and card histories, by the product's own code; kept below .fraud/quality.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import {
  type PopulationReference,
  populationReferenceSchema,
} from '../../shared/features/population-reference.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import { featureNames, featureVersion } from '../../shared/features/velocity.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { type MappedLine, readMappedChunks } from '../../shared/replay/read-mapped.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import type { PackedStream } from '../../shared/training/packed-stream.ts';
import { readNpy, writeNpy } from './npy.ts';

export const DAY_MS = 86_400_000;

/** What is usual is measured before every window that a model is chosen or judged on. */
export const REFERENCE_UNTIL = new Date('2018-06-20T00:00:00Z');
/** From here on every row is kept: some fold tests on it. Before, all frauds and a quarter of the rest. */
const TESTS_FROM_MS = Date.parse('2018-07-04T00:00:00Z');
const GENUINE_EVERY = 4;

/** Rows in time order, and all events of all cards. */
export interface HandbookData {
  readonly reference: PopulationReference;
  /** (rows, features), row-major. */
  readonly features: Float32Array;
  readonly times: Float64Array;
  /** Card number of the file. */
  readonly cards: Int32Array;
  /** Transaction number of the file. */
  readonly ids: Int32Array;
  readonly labels: Uint8Array;
  /** 1 where a row is part of training sets: every fraud, a quarter of the rest. */
  readonly sampled: Uint8Array;
  readonly rowCount: number;
  /** Packed events, card by card. */
  readonly stream: PackedStream;
  /** Events of the row's card up to the row's own, which is the last of `count`. */
  windowOf(row: number): { events: Uint8Array; count: number };
}

const files = {
  features: 'features.npy',
  times: 'times.npy',
  cards: 'cards.npy',
  ids: 'ids.npy',
  labels: 'labels.npy',
  sampled: 'sampled.npy',
  events: 'events.npy',
  firstEvents: 'first-events.npy',
  windows: 'windows.npy',
} as const;

export const handbookCache = (): string => join(packageRoot, '.fraud/quality/handbook', featureVersion);

async function measureReference(file: string): Promise<PopulationReference> {
  const builder = createReferenceBuilder('default');
  const options = { file, mapping: loadMapping('handbook'), until: REFERENCE_UNTIL, withOutcomes: false };
  for await (const lines of readMappedChunks(options))
    for (const line of lines) if (line.kind === 'transaction') builder.add(line.transaction);
  return builder.build();
}

const numberIn = (text: string): number => Number(text.replace(/\D/g, ''));

interface Card {
  events: Uint8Array;
  count: number;
}

function append(card: Card, event: Uint8Array): void {
  const end = card.count * EVENT_BYTES;
  if (end === card.events.length) {
    const grown = new Uint8Array(Math.max(64, card.count * 2) * EVENT_BYTES);
    grown.set(card.events);
    card.events = grown;
  }
  card.events.set(event, end);
  card.count++;
}

interface Row {
  readonly time: number;
  readonly card: number;
  readonly id: number;
  readonly label: number;
  /** Events of the card up to and with the row's own, and how many of them its window holds. */
  readonly end: number;
  readonly count: number;
  readonly sampled: number;
}

interface Collected {
  readonly rows: readonly Row[];
  readonly features: readonly Float32Array[];
  readonly cards: ReadonlyMap<number, Card>;
}

type TransactionLine = Extract<MappedLine, { kind: 'transaction' }>;

function createCollector(reference: PopulationReference) {
  const replay = createReplay({ referenceOf: () => reference });
  const cards = new Map<number, Card>();
  const rows: Row[] = [];
  const features: Float32Array[] = [];
  const add = ({ transaction, label }: TransactionLine) => {
    const number = numberIn(transaction.cardToken);
    const card = cards.get(number) ?? { events: new Uint8Array(0), count: 0 };
    cards.set(number, card);
    const { context, event, timeMs } = replay.push(transaction);
    append(card, event);
    const isFraud = label === 'fraud';
    const sampled = isFraud || hashTransactionId(transaction.transactionId).idLow % GENUINE_EVERY === 0;
    if (!sampled && timeMs < TESTS_FROM_MS) return;
    features.push(context.features.slice());
    rows.push({
      time: timeMs,
      card: number,
      id: numberIn(transaction.transactionId),
      label: isFraud ? 1 : 0,
      end: card.count,
      count: context.eventCount,
      sampled: sampled ? 1 : 0,
    });
  };
  return { add, mark: replay.mark, collected: { rows, features, cards } };
}

/** Replays the whole file: labels are seen in histories seven days after their transaction, as the mapping says. */
async function build(file: string, folder: string): Promise<void> {
  const reference = await measureReference(file);
  const { add, mark, collected } = createCollector(reference);
  for await (const lines of readMappedChunks({ file, mapping: loadMapping('handbook') })) {
    for (const line of lines) {
      if (line.kind === 'outcome') mark(line.outcome);
      else add(line);
    }
  }
  write(folder, collected, reference);
}

function write(folder: string, { rows, features, cards }: Collected, reference: PopulationReference): void {
  mkdirSync(folder, { recursive: true });
  const save = (name: keyof typeof files, values: Parameters<typeof writeNpy>[1], ...shape: number[]) =>
    writeNpy(join(folder, files[name]), values, shape);
  const flat = new Float32Array(rows.length * featureNames.length);
  features.forEach((row, index) => {
    flat.set(row, index * featureNames.length);
  });
  const numbers = [...cards.keys()].sort((left, right) => left - right);
  const firstEvents = new Int32Array(numbers.length + 1);
  const place = new Map<number, number>();
  numbers.forEach((number, index) => {
    place.set(number, firstEvents[index] ?? 0);
    firstEvents[index + 1] = (firstEvents[index] ?? 0) + (cards.get(number)?.count ?? 0);
  });
  const events = new Uint8Array((firstEvents.at(-1) ?? 0) * EVENT_BYTES);
  for (const [number, card] of cards)
    events.set(card.events.subarray(0, card.count * EVENT_BYTES), (place.get(number) ?? 0) * EVENT_BYTES);
  save('features', flat, rows.length, featureNames.length);
  save(
    'times',
    Float64Array.from(rows, ({ time }) => time),
    rows.length,
  );
  save(
    'cards',
    Int32Array.from(rows, ({ card }) => card),
    rows.length,
  );
  save(
    'ids',
    Int32Array.from(rows, ({ id }) => id),
    rows.length,
  );
  save(
    'labels',
    Uint8Array.from(rows, ({ label }) => label),
    rows.length,
  );
  save(
    'sampled',
    Uint8Array.from(rows, ({ sampled }) => sampled),
    rows.length,
  );
  save('events', events, events.length);
  save('firstEvents', firstEvents, firstEvents.length);
  const windows = Int32Array.from(
    rows.flatMap(({ card, end, count }) => [(place.get(card) ?? 0) + end, count]),
  );
  save('windows', windows, rows.length, 2);
  writeFileSync(join(folder, 'reference.json'), JSON.stringify(reference));
}

/** Reads the cache, made first where it is absent: about two minutes. */
export async function loadHandbook(file: string): Promise<HandbookData> {
  const folder = handbookCache();
  const referenceFile = join(folder, 'reference.json');
  if (!existsSync(referenceFile)) await build(file, folder);
  const path = (name: keyof typeof files) => join(folder, files[name]);
  const events = readNpy(path('events'), '|u1');
  const windows = readNpy(path('windows'), '<i4');
  const firstEvent = Uint32Array.from(readNpy(path('firstEvents'), '<i4'));
  const times = readNpy(path('times'), '<f8');
  return {
    reference: populationReferenceSchema.parse(JSON.parse(readFileSync(referenceFile, 'utf8'))),
    features: readNpy(path('features'), '<f4'),
    times,
    cards: readNpy(path('cards'), '<i4'),
    ids: readNpy(path('ids'), '<i4'),
    labels: readNpy(path('labels'), '|u1'),
    sampled: readNpy(path('sampled'), '|u1'),
    rowCount: times.length,
    stream: {
      events,
      firstEvent,
      cardCount: firstEvent.length - 1,
      eventCount: events.length / EVENT_BYTES,
    },
    windowOf(row) {
      const end = windows[row * 2] ?? 0;
      const count = windows[row * 2 + 1] ?? 0;
      return { events: events.subarray((end - count) * EVENT_BYTES, end * EVENT_BYTES), count };
    },
  };
}

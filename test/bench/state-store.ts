// test/bench/state-store.ts: what a transaction costs in the state store, and what a card takes on disk.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import type { AppendEvent, StateChange, StateStore } from '../../shared/sequence/state-store.ts';
import { packEvent } from '../support/packed-events.ts';

/** Size of the measured store and of the chunks written to it. */
export interface StateStoreLoad {
  readonly cards: number;
  readonly merchants: number;
  readonly eventsPerCard: number;
  readonly chunks: number;
  readonly chunkSize: number;
}

/** Per transaction: three records read, three written, one decision looked up and stored (900 B). */
export interface StateStoreFigures {
  readonly load: StateStoreLoad;
  /** Wall and CPU time (user + system) per transaction, µs; read = readRecords and findDecisions, commit = the transaction. */
  readonly readMicroseconds: number;
  readonly commitMicroseconds: number;
  readonly cpuMicroseconds: number;
  /** Blocks on disk after loading, divided by cards: card and account records and their share of merchants. */
  readonly bytesPerCard: number;
  readonly residentMegabytes: number;
}

const START = Date.UTC(2026, 0, 1);
const EVENT_SPACING_MS = 8 * 3_600_000;

/** Events that differ in time and id only: packing is not what is measured. */
function createEvents(): (timeMs: number) => Uint8Array {
  const template = packEvent({ id: 'template', timeMs: START, amount: 1.5 });
  let made = 0;
  return (timeMs) => {
    const event = template.slice();
    const view = new DataView(event.buffer);
    made += 1;
    view.setUint32(0, Math.floor(timeMs / 1000), true);
    view.setUint32(12, made, true);
    view.setUint32(16, Math.imul(made, 0x9e3779b1) >>> 0, true);
    return event;
  };
}

type Random = () => number;

/** Numbers in [0, 1) from a 32-bit multiplicative generator: the same load every time. */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function loadCards(
  store: StateStore,
  load: Pick<StateStoreLoad, 'cards' | 'merchants' | 'eventsPerCard'>,
  toEvent: (timeMs: number) => Uint8Array,
): Promise<void> {
  for (let card = 0; card < load.cards; card += 250) {
    const appends: AppendEvent[] = [];
    for (let index = card; index < Math.min(load.cards, card + 250); index += 1) {
      for (let at = 0; at < load.eventsPerCard; at += 1) {
        const event = toEvent(START + at * EVENT_SPACING_MS + index);
        appends.push({ entityKey: `c|portfolio|card-${index}`, event });
        appends.push({ entityKey: `a|portfolio|account-${index}`, event });
        if (at % 4 === 0)
          appends.push({ entityKey: `m|portfolio|terminal-${(index * 31 + at) % load.merchants}`, event });
      }
    }
    await store.commit({ appends });
  }
}

interface PlannedChunk {
  readonly entityKeys: readonly string[];
  readonly decisionKeys: readonly string[];
  readonly change: StateChange;
}

function planChunk(
  load: StateStoreLoad,
  chunk: number,
  random: Random,
  toEvent: (timeMs: number) => Uint8Array,
): PlannedChunk {
  const bytes = Buffer.alloc(900, 0x20);
  const end = START + load.eventsPerCard * EVENT_SPACING_MS;
  const decisionKeys = Array.from(
    { length: load.chunkSize },
    (_, at) => `portfolio|transaction-${chunk}-${at}`,
  );
  const appends = decisionKeys.flatMap((decisionKey, at): AppendEvent[] => {
    const card = Math.floor(random() * load.cards);
    const event = toEvent(end + (chunk * load.chunkSize + at) * 10);
    return [
      { entityKey: `c|portfolio|card-${card}`, event, decisionKey },
      { entityKey: `m|portfolio|terminal-${Math.floor(random() * load.merchants)}`, event, decisionKey },
      { entityKey: `a|portfolio|account-${card}`, event, decisionKey },
    ];
  });
  const decisions = decisionKeys.map((decisionKey) => ({
    decisionKey,
    bytes,
    contentHash: '0123456789abcdef',
    keepUntilMs: end,
  }));
  return {
    entityKeys: [...new Set(appends.map(({ entityKey }) => entityKey))],
    decisionKeys,
    change: {
      appends,
      decisions,
      inputOffsets: [{ topic: 'transactions', partition: 0, offset: BigInt(chunk) }],
    },
  };
}

const microseconds = ({ user, system }: NodeJS.CpuUsage): number => user + system;

/** Opens the store for itself, writes `load.cards` cards with their accounts and merchants, and tells the bytes on disk per card. */
export async function fillWithCards(
  directory: string,
  load: Pick<StateStoreLoad, 'cards' | 'merchants' | 'eventsPerCard'>,
): Promise<number> {
  const store = createLmdbStateStore({ directory });
  try {
    await loadCards(store, load, createEvents());
  } finally {
    await store.close();
  }
  return (statSync(join(directory, 'data.mdb')).blocks * 512) / load.cards;
}

/** Loads a store in a temporary directory, measures `chunks` reads and commits after a warm-up, and removes it. */
export async function measureStateStore(load: StateStoreLoad): Promise<StateStoreFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'state-store-bench-'));
  const store = createLmdbStateStore({ directory });
  try {
    const toEvent = createEvents();
    const random = createRandom(7);
    await loadCards(store, load, toEvent);
    const bytesPerCard = (statSync(join(directory, 'data.mdb')).blocks * 512) / load.cards;
    const planned = Array.from({ length: load.chunks * 2 }, (_, chunk) =>
      planChunk(load, chunk, random, toEvent),
    );
    let [read, commit] = [0, 0];
    let cpu = process.cpuUsage();
    for (const [at, { entityKeys, decisionKeys, change }] of planned.entries()) {
      if (at === load.chunks) [read, commit, cpu] = [0, 0, process.cpuUsage()];
      const from = performance.now();
      await store.readRecords(entityKeys);
      await store.findDecisions(decisionKeys);
      const between = performance.now();
      await store.commit(change);
      read += between - from;
      commit += performance.now() - between;
    }
    const transactions = load.chunks * load.chunkSize;
    return {
      load,
      readMicroseconds: (read * 1000) / transactions,
      commitMicroseconds: (commit * 1000) / transactions,
      cpuMicroseconds: microseconds(process.cpuUsage(cpu)) / transactions,
      bytesPerCard,
      residentMegabytes: process.memoryUsage.rss() / 2 ** 20,
    };
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

/** `tsx test/bench/state-store.ts [cards] [eventsPerCard]` */
if (process.argv[1]?.endsWith('state-store.ts')) {
  const [cards = '100000', eventsPerCard = '24'] = process.argv.slice(2);
  const load = {
    cards: Number(cards),
    merchants: 2000,
    eventsPerCard: Number(eventsPerCard),
    chunks: 100,
    chunkSize: 256,
  };
  process.stdout.write(`${JSON.stringify(await measureStateStore(load), undefined, 2)}\n`);
}

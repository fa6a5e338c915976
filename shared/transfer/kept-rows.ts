// shared/transfer/kept-rows.ts: model inputs kept beside prepared data: made once per choice of windows and labels, then read by every run.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { defaultFeatureSettings } from '../features/feature-settings.ts';
import { openTable, type PackedTable, packTable } from '../features/packed-table.ts';
import { populationReferenceSchema } from '../features/population-reference.ts';
import { featureVersion } from '../features/velocity.ts';
import { EVENT_BYTES, WINDOW } from '../sequence/packed-event.ts';
import type { TransferConfig } from './transfer-config.ts';
import type { TransferRows } from './transfer-rows.ts';

/** Where rows are kept, and what the history is that they are made from. */
export interface RowPlace {
  readonly directory: string;
  /** Name → digest or bound: other facts, other rows. */
  readonly history: Readonly<Record<string, string>>;
}

const FORMAT = 1;
const MANIFEST = 'manifest.json';
/** Node reads no larger file at once; such rows are made again every time. */
const LARGEST_BYTES = 2 ** 31 - 1;

const number = z.number();
const manifestSchema = z.object({
  format: z.literal(FORMAT),
  portfolioId: z.string(),
  transactions: z.int(),
  boundaries: z.object({
    firstMs: number,
    rowsFromMs: number,
    trainUntilMs: number,
    calibrateFromMs: number,
    calibrateUntilMs: number,
    testFromMs: number,
    lastMs: number,
  }),
  reference: populationReferenceSchema,
  /** Column → SHA-256. */
  columns: z.record(z.string(), z.string()),
});

const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Folder of the rows that this configuration asks for. */
function folderOf({ directory, history }: RowPlace, config: TransferConfig): string {
  const { windows, labelShare, genuineEvery } = config;
  const layout = [FORMAT, featureVersion, EVENT_BYTES, WINDOW, defaultFeatureSettings];
  const facts = JSON.stringify([layout, history, windows, labelShare, genuineEvery]);
  return join(directory, `rows-${digestOf(facts).slice(0, 16)}`);
}

/** What is written, by name of the file. */
function toColumns({ table, ...rows }: TransferRows): Readonly<Record<string, ArrayBufferView>> {
  const { labels: rowLabels, ...packed } = packTable(table);
  const { labels, weights, amountsMinor, windows } = rows;
  const transactionIds = new TextEncoder().encode(rows.transactionIds.join('\n'));
  return { ...packed, rowLabels, labels, weights, amountsMinor, ...windows, transactionIds };
}

/** Column files first, the manifest last, then the folder gets its name: a folder of that name is complete. */
function write(folder: string, rows: TransferRows): void {
  const columns = Object.entries(toColumns(rows));
  if (columns.some(([, { byteLength }]) => byteLength > LARGEST_BYTES)) return;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const digests: Record<string, string> = {};
  for (const [name, column] of columns) {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    writeFileSync(join(part, `${name}.bin`), bytes);
    digests[name] = digestOf(bytes);
  }
  const { portfolioId, transactions, boundaries, reference } = rows;
  const manifest = { format: FORMAT, portfolioId, transactions, boundaries, reference, columns: digests };
  writeFileSync(join(part, MANIFEST), JSON.stringify(manifest));
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
}

/** Bytes of every column; undefined when a file is not the one that was written. */
function readBuffers(folder: string, digests: Readonly<Record<string, string>>) {
  const buffers = new Map<string, ArrayBuffer>();
  for (const [name, digest] of Object.entries(digests)) {
    const file = join(folder, `${name}.bin`);
    if (!existsSync(file)) return undefined;
    const bytes = readFileSync(file);
    if (digestOf(bytes) !== digest) return undefined;
    // Node cuts small files from a shared pool.
    buffers.set(name, new Uint8Array(bytes).buffer);
  }
  return (name: string): ArrayBuffer => buffers.get(name) ?? new ArrayBuffer(0);
}

/** Rows that were kept; undefined when there are none, or not as they were written. */
function read(folder: string): TransferRows | undefined {
  if (!existsSync(join(folder, MANIFEST))) return undefined;
  const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')));
  const columnOf = parsed.data && readBuffers(folder, parsed.data.columns);
  if (!columnOf) return undefined;
  const { portfolioId, transactions, boundaries, reference } = parsed.data;
  const ids = new TextDecoder().decode(columnOf('transactionIds'));
  const table: PackedTable = {
    events: new Uint8Array(columnOf('events')),
    firstEvent: new Uint32Array(columnOf('firstEvent')),
    features: new Float32Array(columnOf('features')),
    times: new Float64Array(columnOf('times')),
    cards: new Uint32Array(columnOf('cards')),
    windowFrom: new Uint32Array(columnOf('windowFrom')),
    windowCount: new Uint8Array(columnOf('windowCount')),
    labels: new Uint8Array(columnOf('rowLabels')),
  };
  return {
    portfolioId,
    transactions,
    boundaries,
    reference,
    table: openTable(table),
    labels: new Uint8Array(columnOf('labels')),
    weights: new Float32Array(columnOf('weights')),
    amountsMinor: new Float64Array(columnOf('amountsMinor')),
    transactionIds: ids === '' ? [] : ids.split('\n'),
    windows: {
      training: new Int32Array(columnOf('training')),
      calibration: new Int32Array(columnOf('calibration')),
      test: new Int32Array(columnOf('test')),
    },
  };
}

/** The rows of this configuration: those that were kept, otherwise made, and kept when there is a place. */
export async function keepRows(
  place: RowPlace | undefined,
  config: TransferConfig,
  make: () => Promise<TransferRows>,
): Promise<TransferRows> {
  if (!place) return make();
  const folder = folderOf(place, config);
  const kept = read(folder);
  if (kept) return kept;
  const made = await make();
  write(folder, made);
  return made;
}

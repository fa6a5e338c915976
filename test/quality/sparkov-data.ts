// test/quality/sparkov-data.ts: the Sparkov portfolio as contexts, by the product's own code; histories hold no label.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import { entityKeyOf } from '../../shared/domain/entity.ts';
import type { BuiltContext } from '../../shared/features/build-context.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import { type ContextTable, createContextTable } from '../../shared/features/context-table.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { type MappedLine, readMappedChunks } from '../../shared/replay/read-mapped.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { createPackedStreamBuilder, type PackedStream } from '../../shared/training/packed-stream.ts';

/** benchmarks of the field split this file here: rows before may train, rows from here on are judged. */
export const CUT_MS = Date.parse('2024-07-01T00:00:00Z');

/** Where the data for quality work lies; undefined when it is not there. */
export function findQualityData(file: string): string | undefined {
  const candidates = [process.env.FRAUD_QUALITY_DATA, join(packageRoot, '../shared/data')];
  return candidates.flatMap((folder) => (folder ? [join(folder, file)] : [])).find(existsSync);
}

export interface SparkovData {
  readonly table: ContextTable;
  readonly reference: PopulationReference;
  /** Card id of the file by card index of the table. */
  readonly cardIds: Int32Array;
  /** 1 = fraud, by row. */
  readonly labels: Uint8Array;
  /** Odd cards from the cut on. */
  readonly testRows: Int32Array;
  /** Rows before the cut, by card id. */
  readonly rowsBeforeCut: ReadonlyMap<number, readonly number[]>;
}

export interface Draw {
  readonly fraudCards: readonly number[];
  readonly genuineCards: readonly number[];
}

/** Labelled cards per budget and seed. */
export function readDraws(): Readonly<Record<string, readonly Draw[]>> {
  const file = findQualityData('sparkov/draws.json');
  if (!file) return {};
  const { draws }: { draws: Record<string, Draw[]> } = JSON.parse(readFileSync(file, 'utf8'));
  return draws;
}

async function measureReference(file: string): Promise<PopulationReference> {
  const builder = createReferenceBuilder('sparkov');
  const mapping = loadMapping('sparkov');
  for await (const lines of readMappedChunks({
    file,
    mapping,
    until: new Date(CUT_MS),
    withOutcomes: false,
  })) {
    for (const line of lines) if (line.kind === 'transaction') builder.add(line.transaction);
  }
  return builder.build();
}

/** Collects rows as they are read. */
function createCollector(table: ContextTable) {
  const cardIds: number[] = [];
  const labels: number[] = [];
  const testRows: number[] = [];
  const rowsBeforeCut = new Map<number, number[]>();
  return {
    add(built: BuiltContext, { transaction, label }: Extract<MappedLine, { kind: 'transaction' }>): void {
      const { portfolioId, cardToken } = transaction;
      const cardKey = entityKeyOf({ kind: 'card', portfolioId, key: cardToken });
      const row = table.addRow({ cardKey, timeMs: built.timeMs, context: built.context, label: 'unknown' });
      const cardId = Number(cardToken.replace(/\D/g, ''));
      cardIds[table.cardOf(row)] = cardId;
      labels.push(label === 'fraud' ? 1 : 0);
      if (built.timeMs < CUT_MS) pushTo(rowsBeforeCut, cardId, row);
      else if (cardId % 2 === 1) testRows.push(row);
    },
    finish: () => ({
      cardIds: Int32Array.from(cardIds),
      labels: Uint8Array.from(labels),
      testRows: Int32Array.from(testRows),
      rowsBeforeCut,
    }),
  };
}

/** Reads the whole file twice: once for what is usual before the cut, once for contexts. About a minute. */
export async function loadSparkov(file: string): Promise<SparkovData> {
  const reference = await measureReference(file);
  const table = createContextTable();
  const replay = createReplay({ referenceOf: () => reference });
  const collector = createCollector(table);
  for await (const lines of readMappedChunks({
    file,
    mapping: loadMapping('sparkov'),
    withOutcomes: false,
  })) {
    for (const line of lines) {
      if (line.kind === 'transaction') collector.add(replay.push(line.transaction), line);
    }
  }
  return { table, reference, ...collector.finish() };
}

/** Unlabelled events of all cards before the cut: what the encoder is pretrained on. */
export function toPretrainingStream({ table, cardIds }: SparkovData): PackedStream {
  const builder = createPackedStreamBuilder();
  for (let card = 0; card < table.cardCount; card++) {
    const { events, count } = table.eventsOfCard(card);
    const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
    for (let index = 0; index < count; index++) {
      const at = index * EVENT_BYTES;
      if (view.getUint32(at, true) * 1000 < CUT_MS)
        builder.add(String(cardIds[card]), events.subarray(at, at + EVENT_BYTES));
    }
  }
  return builder.build();
}

function pushTo(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

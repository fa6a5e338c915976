// test/quality/encode-rows.ts: rows of a context table → head inputs, through the encoder that scoring uses.
import type { Encoder } from '../../shared/encoder/encoder.ts';
import type { ContextTable } from '../../shared/features/context-table.ts';
import type { HeadRows } from '../../shared/head/fit-head.ts';
import { fullHeadInputs, writeHeadInput } from '../../shared/head/head-inputs.ts';

const CHUNK_ROWS = 1024;

/** Head inputs by row number, encoded once. */
export interface EncodedRows {
  /** Rows in this order, with their labels. */
  select(rows: ArrayLike<number>, labels: Uint8Array): HeadRows;
}

/** Encodes these rows; `portfolioId` chooses the population reference. */
export async function encodeRows(parts: {
  readonly table: ContextTable;
  readonly rows: Iterable<number>;
  readonly encoder: Encoder;
  readonly config: { readonly width: number };
  readonly portfolioId: string;
  readonly onRows?: (count: number) => void;
}): Promise<EncodedRows> {
  const { table, encoder, config, portfolioId } = parts;
  const wanted = [...new Set(parts.rows)];
  const inputs = fullHeadInputs(config);
  const values = new Float32Array(wanted.length * inputs.length);
  const placeOf = new Map(wanted.map((row, place) => [row, place]));
  for (let start = 0; start < wanted.length; start += CHUNK_ROWS) {
    const chunk = wanted.slice(start, start + CHUNK_ROWS).map((row) => {
      const { events, count } = table.windowOf(row);
      return {
        portfolioId,
        events: events.slice(),
        eventCount: count,
        features: table.featuresOf(row).slice(),
      };
    });
    const encoded = await encoder.encodeMany(chunk.map((row) => ({ ...row, features: new Float32Array(0) })));
    chunk.forEach(({ events, features }, index) => {
      const at = (start + index) * inputs.length;
      writeHeadInput(
        { readings: encoded[index].readings, features, events },
        values.subarray(at, at + inputs.length),
      );
    });
    parts.onRows?.(chunk.length);
  }
  return {
    select: (rows, labels) => {
      const selected = new Float32Array(rows.length * inputs.length);
      for (let index = 0; index < rows.length; index++) {
        const at = (placeOf.get(rows[index]) ?? Number.NaN) * inputs.length;
        selected.set(values.subarray(at, at + inputs.length), index * inputs.length);
      }
      return {
        inputs,
        values: selected,
        labels: Uint8Array.from({ length: rows.length }, (_, index) => labels[rows[index]]),
      };
    },
  };
}

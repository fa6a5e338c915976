// shared/archive/duck-values.ts: what every reader of DuckDB needs: texts as SQL, results chunk by chunk, blobs as numbers.
import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';

/** A text as an SQL literal. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Chunks of a streamed result until there is none. */
export async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk> {
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    yield chunk;
  }
}

/** Float32 values of a blob's bytes; a copy where the bytes do not lie on a boundary of four. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, bytes.byteLength >> 2);
}

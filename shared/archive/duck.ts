// shared/archive/duck.ts: a DuckDB that does the archive's reading and writing: in memory, bounded, in UTC.
import { tmpdir } from 'node:os';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

export interface Duck {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** @param threads at most so many; left out: as many as there are cores */
export async function openDuck(
  options: { readonly memoryLimit?: string; readonly threads?: number } = {},
): Promise<Duck> {
  const { memoryLimit = '2GB', threads } = options;
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    temp_directory: tmpdir(),
    ...(threads !== undefined && { threads: String(threads) }),
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

// test/support/use-archive.ts: an empty archive in a temporary directory, and a way to fill it as the archiver does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import type { SpoolName } from '../../shared/archive/columns.ts';
import { type Duck, openDuck } from '../../shared/archive/duck.ts';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { createSpool } from '../../shared/archive/spool.ts';
import { writeRange } from '../../shared/archive/write-range.ts';

export interface TestArchive {
  readonly root: string;
  readonly store: ArchiveStore;
  readonly duck: Duck;
  /** A local folder for files under way. */
  readonly directory: string;
  /** Writes values as the next offsets of a partition, or from `from` on. */
  write(spool: SpoolName, values: readonly unknown[], from?: bigint, partition?: number): Promise<void>;
  query(sql: string): Promise<Record<string, unknown>[]>;
}

export const ROWS_TOPIC = 'fraud.training-rows.v1';
export const OUTCOMES_TOPIC = 'fraud.outcomes.v1';

export async function useArchive(): Promise<TestArchive> {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-archive-'));
  const directory = join(root, '.work');
  const store = await openLocalArchive(root);
  const duck = await openDuck();
  onTestFinished(async () => {
    duck.close();
    await store.close();
    rmSync(root, { recursive: true, force: true });
  });
  const next = new Map<string, bigint>();
  return {
    root,
    store,
    duck,
    directory,
    write: async (name, values, from, partition = 0) => {
      const topic = name === 'rows' ? ROWS_TOPIC : OUTCOMES_TOPIC;
      const key = `${topic}|${partition}`;
      const first = from ?? next.get(key) ?? 0n;
      const spool = createSpool(directory, `${name}-${partition}`, partition);
      spool.add(
        values.map((value, index) => ({
          offset: first + BigInt(index),
          value: Buffer.from(JSON.stringify(value)),
          receivedAtMs: 1_000,
        })),
      );
      const range = { topic, partition, from: first, to: first + BigInt(values.length) };
      await writeRange({ store, connection: duck.connection }, range, { spool: name, file: spool.file });
      spool.close();
      next.set(key, range.to);
    },
    query: async (sql) => (await duck.connection.runAndReadAll(sql)).getRowObjects(),
  };
}

// test/contract/state-store-processes.test.ts: the LMDB store across processes: restart, two writers at once, kill -9 at any commit.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { viewBefore } from '../../shared/sequence/entity-record.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { digestOfStore } from '../../shared/sequence/store-digest.ts';
import { WRITTEN_ENTITIES, WRITTEN_START, writeOn } from '../support/state-store-writer.ts';

const WRITER = fileURLToPath(new URL('../support/state-store-writer.ts', import.meta.url));
const LATER = { timeMs: WRITTEN_START + 86_400_000, idLow: 0, idHigh: 0 };

const startWriter = (directory: string, partition: number, count: number): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', WRITER, directory, `${partition}`, `${count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Kills the writer when it has said `lines` offsets; it is in the middle of what comes next. */
const killAfter = async (writer: ChildProcess, lines: number): Promise<void> => {
  let said = 0;
  const exited = once(writer, 'exit');
  if (writer.stdout) {
    createInterface(writer.stdout).on('line', () => {
      said += 1;
      if (said === lines) writer.kill('SIGKILL');
    });
  }
  await exited;
};

describe('lmdb state store across processes', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'state-store-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Every commit wrote one event to each entity, a decision, an outbox entry and the offset: they must agree. */
  const expectWhole = async (partitions: number): Promise<number> => {
    const store = createLmdbStateStore({ directory, mapSizeBytes: 2 ** 28 });
    let written = 0;
    for (let partition = 0; partition < partitions; partition += 1) {
      const offset = Number((await store.readInputOffset('input', partition)) ?? 0n);
      const ids = Array.from({ length: offset + 5 }, (_, at) => `${partition}-${at}`);
      const decisions = await store.findDecisions(ids);
      expect(decisions.map((one) => one !== undefined)).toEqual(ids.map((_, at) => at < offset));
      expect(await store.readOutbox('input', partition)).toHaveLength(offset);
      written += offset;
    }
    for (const record of await store.readRecords(WRITTEN_ENTITIES)) {
      const seen = viewBefore(record, LATER);
      expect([seen.eventsBefore, seen.buckets.countOf(0)]).toEqual([written, written]);
    }
    await store.close();
    return written;
  };

  test('a reopened store holds what was committed', async () => {
    await writeOn(directory, 0, 25);
    expect(await expectWhole(1)).toBe(25);
  });

  test('an open store sees what another process committed since it last looked', async () => {
    const store = createLmdbStateStore({ directory, mapSizeBytes: 2 ** 28 });
    await writeOn(directory, 0, 5);
    const read = async () => {
      const [record] = await store.readRecords(WRITTEN_ENTITIES);
      const [decision] = await store.findDecisions(['0-20']);
      return [viewBefore(record, LATER).eventsBefore, decision !== undefined];
    };
    expect(await read()).toEqual([5, false]);
    const writer = startWriter(directory, 0, 30);
    writer.stdout?.resume();
    await once(writer, 'exit');
    expect(await read()).toEqual([30, true]);
    await store.close();
  });

  test('two processes that write the same entities at the same time lose nothing', async () => {
    const writers = [startWriter(directory, 0, 400), startWriter(directory, 1, 400)];
    for (const writer of writers) writer.stdout?.resume();
    const exits = await Promise.all(writers.map((writer) => once(writer, 'exit')));
    expect(exits.map(([code]) => code)).toEqual([0, 0]);
    expect(await expectWhole(2)).toBe(800);
  });

  test('a process that writes loses nothing while others open and close the store', async () => {
    const writer = startWriter(directory, 0, 4000);
    let isRunning = true;
    const exited = once(writer, 'exit').then(() => {
      isRunning = false;
    });
    if (writer.stdout) await once(writer.stdout, 'readable');
    writer.stdout?.resume();
    while (isRunning) {
      await createLmdbStateStore({ directory, mapSizeBytes: 2 ** 28 }).close();
      await new Promise(setImmediate);
    }
    await exited;
    expect(await expectWhole(1)).toBe(4000);
  });

  test('kill -9 at any moment loses no commit and tears none, and a rerun ends where an undisturbed run does', async () => {
    for (const lines of [1, 60, 23]) {
      await killAfter(startWriter(directory, 0, 100_000), lines);
      await expectWhole(1);
    }
    const total = (await expectWhole(1)) + 10;
    await writeOn(directory, 0, total);
    const undisturbed = join(directory, 'undisturbed');
    await writeOn(undisturbed, 0, total);
    const left = createLmdbStateStore({ directory });
    const right = createLmdbStateStore({ directory: undisturbed });
    expect(await digestOfStore(left)).toEqual(await digestOfStore(right));
    await Promise.all([left.close(), right.close()]);
  });

  test('a writer killed while it holds the store does not block the next', async () => {
    const [killed, other] = [startWriter(directory, 0, 100_000), startWriter(directory, 1, 300)];
    other.stdout?.resume();
    await Promise.all([killAfter(killed, 40), once(other, 'exit')]);
    expect(await expectWhole(2)).toBeGreaterThanOrEqual(340);
  });
});

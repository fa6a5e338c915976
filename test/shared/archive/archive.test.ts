// test/shared/archive/archive.test.ts: ranges become Parquet files by event day; repeats, kills, compaction and new columns change no row.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ArchiveStore } from '../../../shared/archive/archive-store.ts';
import { archiveColumns } from '../../../shared/archive/columns.ts';
import { compact } from '../../../shared/archive/compact.ts';
import { listFiles } from '../../../shared/archive/list-files.ts';
import type { ArchiveKind } from '../../../shared/archive/object-names.ts';
import { relationOf } from '../../../shared/archive/relation.ts';
import { createSpool } from '../../../shared/archive/spool.ts';
import { writeRange } from '../../../shared/archive/write-range.ts';
import { outcomeOf, trainingRow } from '../../support/archive-records.ts';
import { ROWS_TOPIC, type TestArchive, useArchive } from '../../support/use-archive.ts';

async function readIds(archive: TestArchive, kind: ArchiveKind): Promise<unknown[]> {
  const { visible } = await listFiles(archive.store, kind);
  const files = await Promise.all(visible.map(({ object }) => archive.store.fetch(object)));
  const rows = await archive.query(
    `SELECT transaction_id FROM ${relationOf(archiveColumns[kind], files)} ORDER BY "partition", "offset"`,
  );
  return rows.map(({ transaction_id }) => transaction_id);
}

const namesOf = async (archive: TestArchive, kind: ArchiveKind) =>
  (await listFiles(archive.store, kind)).visible.map(({ object }) => object.name);

describe('a written range', () => {
  test('is one file per kind and event day, named by topic, partition and offsets', async () => {
    const archive = await useArchive();
    const clearing = trainingRow('c', 1.5, { decided: false, originalTransactionId: 'a' });
    await archive.write('rows', [trainingRow('a', 0.1), trainingRow('b', 1.1), clearing]);
    await archive.write('outcomes', [outcomeOf('a', 0.1, 9)]);
    const range = `${ROWS_TOPIC}-00000-00000000000000000000-00000000000000000003.parquet`;
    expect(await namesOf(archive, 'events')).toEqual([
      `events/day=2026-03-01/${range}`,
      `events/day=2026-03-02/${range}`,
    ]);
    expect(await readIds(archive, 'events')).toEqual(['a', 'b', 'c']);
    expect(await readIds(archive, 'training-rows')).toEqual(['a', 'b']);
    expect(await namesOf(archive, 'outcomes')).toEqual([
      'outcomes/day=2026-03-10/fraud.outcomes.v1-00000-00000000000000000000-00000000000000000001.parquet',
    ]);
  });

  test('keeps every byte of event, context, features and readings', async () => {
    const archive = await useArchive();
    const row = trainingRow('a', 3);
    await archive.write('rows', [row]);
    const { visible } = await listFiles(archive.store, 'training-rows');
    const files = await Promise.all(visible.map(({ object }) => archive.store.fetch(object)));
    const [found] = await archive.query(
      `SELECT to_base64(context) AS context, to_base64(event) AS event, to_base64(features) AS features,
        to_base64(readings) AS readings, raw_score, score, tier, CAST(event_time_ms AS DOUBLE) AS at
        FROM ${relationOf(archiveColumns['training-rows'], files)}`,
    );
    const { context, features, readings, rawScore, score, tier } = row;
    expect(found).toEqual({
      context,
      event: context.slice(-64),
      features,
      readings,
      raw_score: rawScore,
      score,
      tier,
      at: Date.parse(row.eventTime),
    });
  });

  test('written again replaces itself', async () => {
    const archive = await useArchive();
    const rows = [trainingRow('a', 0.1), trainingRow('b', 0.2)];
    await archive.write('rows', rows, 0n);
    const before = await namesOf(archive, 'events');
    await archive.write('rows', rows, 0n);
    expect(await namesOf(archive, 'events')).toEqual(before);
    expect(await readIds(archive, 'events')).toEqual(['a', 'b']);
  });

  test('that could not be finished counts for nothing', async () => {
    const archive = await useArchive();
    await archive.write('rows', [trainingRow('a', 0.1)]);
    let puts = 0;
    const broken: ArchiveStore = {
      ...archive.store,
      put: async (name, file) => {
        if (++puts > 2) throw new Error('killed');
        await archive.store.put(name, file);
      },
    };
    const spool = createSpool(archive.directory, 'broken', 0);
    const values = [trainingRow('b', 0.2), trainingRow('c', 1.2)];
    spool.add(
      values.map((value, index) => ({
        offset: BigInt(1 + index),
        value: Buffer.from(JSON.stringify(value, null, 1)),
        receivedAtMs: 0,
      })),
    );
    const range = { topic: ROWS_TOPIC, partition: 0, from: 1n, to: 3n };
    const source = { spool: 'rows', file: spool.file } as const;
    const connection = archive.duck.connection;
    await expect(writeRange({ store: broken, connection }, range, source)).rejects.toThrow('killed');
    expect(await readIds(archive, 'events')).toEqual(['a']);
    expect((await listFiles(archive.store, 'events')).beyond).toHaveLength(2);
    expect(readdirSync(join(archive.root, '.incoming'))).toEqual([]);

    await writeRange({ store: archive.store, connection }, range, source);
    expect(await readIds(archive, 'events')).toEqual(['a', 'b', 'c']);
    expect(await readIds(archive, 'training-rows')).toEqual(['a', 'b', 'c']);
    spool.close();
  });

  test('a line that is no training row is an error, and nothing of its range counts', async () => {
    const archive = await useArchive();
    await expect(
      archive.write('rows', [trainingRow('a', 0.1), { eventTime: 'yesterday' }]),
    ).rejects.toThrow();
    expect(await readIds(archive, 'events')).toEqual([]);
  });
});

describe('compaction', () => {
  test('makes one file of many, shadows the small ones at once, and removes them a pass later', async () => {
    const archive = await useArchive();
    const ids = Array.from({ length: 12 }, (_, index) => `t${index}`);
    for (const id of ids) await archive.write('rows', [trainingRow(id, 0.5), trainingRow(`${id}b`, 1.5)]);
    const expected = await readIds(archive, 'events');
    expect(expected).toHaveLength(24);
    const writer = { store: archive.store, connection: archive.duck.connection };
    const options = { topic: ROWS_TOPIC, partition: 0, directory: archive.directory };
    const first = await compact(writer, 'events', options);
    expect(first).toEqual({ merged: 24, written: 2, removed: 0 });
    expect(await readIds(archive, 'events')).toEqual(expected);
    const small = (await listFiles(archive.store, 'events')).shadowed.map(({ object }) => object.name);
    expect(small).toHaveLength(24);
    expect(await compact(writer, 'events', options)).toEqual({ merged: 0, written: 0, removed: 24 });
    expect(small.some((name) => existsSync(join(archive.root, name)))).toBe(false);
    expect(await readIds(archive, 'events')).toEqual(expected);
    expect(await namesOf(archive, 'events')).toHaveLength(2);
    await archive.write('rows', [trainingRow('later', 0.7)]);
    expect(await readIds(archive, 'events')).toEqual([...expected, 'later']);
  });
});

describe('a schema that grows', () => {
  const withLater = [...archiveColumns.events, { name: 'risk_zone', type: 'VARCHAR', sql: '' } as const];

  async function writeLaterFile(archive: TestArchive): Promise<string> {
    const [object] = await archive.store.list('events/');
    const file = object ? await archive.store.fetch(object) : '';
    const later = join(archive.root, 'later.parquet');
    await archive.query(
      `COPY (SELECT *, 'north' AS risk_zone FROM read_parquet('${file}')) TO '${later}' (FORMAT parquet)`,
    );
    return later;
  }

  test('reads old files: a column they lack is NULL', async () => {
    const archive = await useArchive();
    await archive.write('rows', [trainingRow('a', 0.1)]);
    const later = await writeLaterFile(archive);
    const [object] = await archive.store.list('events/');
    const old = object ? await archive.store.fetch(object) : '';
    const rows = await archive.query(
      `SELECT transaction_id, risk_zone FROM ${relationOf(withLater, [old, later])} ORDER BY risk_zone NULLS FIRST`,
    );
    expect(rows).toEqual([
      { transaction_id: 'a', risk_zone: null },
      { transaction_id: 'a', risk_zone: 'north' },
    ]);
    const onlyOld = await archive.query(`SELECT risk_zone FROM ${relationOf(withLater, [old])}`);
    expect(onlyOld).toEqual([{ risk_zone: null }]);
  });

  test('is read by old readers: a column they do not know is left alone', async () => {
    const archive = await useArchive();
    await archive.write('rows', [trainingRow('a', 0.1)]);
    const later = await writeLaterFile(archive);
    const [row] = await archive.query(`SELECT * FROM ${relationOf(archiveColumns.events, [later])}`);
    expect(Object.keys(row ?? {})).toEqual(archiveColumns.events.map(({ name }) => name));
  });

  test('an archive without a file is an empty table', async () => {
    const archive = await useArchive();
    expect(await archive.query(`SELECT * FROM ${relationOf(archiveColumns.outcomes, [])}`)).toEqual([]);
  });
});

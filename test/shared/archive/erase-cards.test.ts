// test/shared/archive/erase-cards.test.ts: an erased card leaves no row in any file; later rows and other cards stay, to the byte.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { archiveColumns } from '../../../shared/archive/columns.ts';
import { eraseCards } from '../../../shared/archive/erase-cards.ts';
import { listFiles } from '../../../shared/archive/list-files.ts';
import { relationOf } from '../../../shared/archive/relation.ts';
import { digestOfCard } from '../../../shared/erasure/tombstones.ts';
import { outcomeOf, trainingRow } from '../../support/archive-records.ts';
import { type TestArchive, useArchive } from '../../support/use-archive.ts';

async function readRows(archive: TestArchive, kind: 'events' | 'training-rows' | 'outcomes') {
  const { visible } = await listFiles(archive.store, kind);
  const files = await Promise.all(visible.map(({ object }) => archive.store.fetch(object)));
  return archive.query(
    `SELECT transaction_id FROM ${relationOf(archiveColumns[kind], files)} ORDER BY "offset"`,
  );
}

test('rows of an erased card from before its erasure are in no file; everything else is', async () => {
  const archive = await useArchive();
  const erased = { cardToken: 'tok_gone' };
  const rows = [
    trainingRow('a', 0.1, erased),
    trainingRow('b', 0.2),
    trainingRow('c', 1.1, erased),
    trainingRow('d', 5, erased),
  ];
  await archive.write('rows', rows);
  await archive.write('outcomes', [{ ...outcomeOf('a', 0.1, 9), ...erased }, outcomeOf('b', 0.2, 9)]);
  const { portfolioId } = rows[0] ?? {};
  const digest = digestOfCard(String(portfolioId), 'tok_gone');
  const erasedAtMs = Date.parse(String(rows[2]?.eventTime));
  const { store, duck, directory } = archive;
  const pass = () => eraseCards({ store, connection: duck.connection }, [{ digest, erasedAtMs }], directory);
  expect(await pass()).toBe(5);
  expect(await pass()).toBe(0);
  const ids = async (kind: 'events' | 'training-rows' | 'outcomes') =>
    (await readRows(archive, kind)).map(({ transaction_id }) => transaction_id);
  expect(await ids('events')).toEqual(['b', 'd']);
  expect(await ids('training-rows')).toEqual(['b', 'd']);
  expect(await ids('outcomes')).toEqual(['b']);
  const files = readdirSync(archive.root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /day=2026-03-0[12]\/.*parquet$/.test(name),
  );
  const mentioning = files.filter((name) => readFileSync(join(archive.root, name)).includes('tok_gone'));
  expect([files.length > 0, mentioning]).toEqual([true, []]);
});

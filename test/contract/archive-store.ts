// test/contract/archive-store.ts: what every archive store promises; run on the directory and on a real S3-compatible server.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import { readMark, readMarks, writeMark } from '../../shared/archive/marks.ts';

/** @param open an empty store; the suite closes it */
export function describeArchiveStore(name: string, open: () => Promise<ArchiveStore>): void {
  describe(`an archive store: ${name}`, () => {
    async function useStore() {
      const directory = mkdtempSync(join(tmpdir(), 'fraud-test-store-'));
      const store = await open();
      onTestFinished(async () => {
        await store.close();
        rmSync(directory, { recursive: true, force: true });
      });
      const put = async (object: string, text: string) => {
        const file = join(directory, 'file.txt');
        writeFileSync(file, text);
        await store.put(object, file);
      };
      const read = async (object: string) => {
        const [found] = await store.list(object);
        return found && readFileSync(await store.fetch(found), 'utf8');
      };
      return { store, put, read };
    }

    test('gives back what was put, under its name, listed in order', async () => {
      const { store, put, read } = await useStore();
      await put('b/two.txt', 'zwei');
      await put('a/one.txt', 'eins');
      await put('a/day=2026-01-01/deep.txt', 'tief');
      expect(await read('a/one.txt')).toBe('eins');
      expect((await store.list('a/')).map(({ name: found, bytes }) => [found, bytes])).toEqual([
        ['a/day=2026-01-01/deep.txt', 4],
        ['a/one.txt', 4],
      ]);
      expect(await store.list('none/')).toEqual([]);
    });

    test('a name put again holds the new bytes, and its version tells', async () => {
      const { store, put, read } = await useStore();
      await put('a/one.txt', 'first');
      const [before] = await store.list('a/');
      await put('a/one.txt', 'other');
      const [after] = await store.list('a/');
      expect(await read('a/one.txt')).toBe('other');
      expect(after?.version).not.toBe(before?.version);
      expect(await store.list('a/')).toHaveLength(1);
    });

    test('removed names are gone, absent ones are no error', async () => {
      const { store, put } = await useStore();
      await put('a/one.txt', 'x');
      await store.remove(['a/one.txt', 'a/never.txt']);
      expect(await store.list('a/')).toEqual([]);
      await expect(store.fetch({ name: 'a/one.txt', bytes: 1, version: 'x' })).rejects.toMatchObject({
        code: 'FRAUD_ARCHIVE_MISSING',
      });
    });

    test('marks say how far each partition is', async () => {
      const { store } = await useStore();
      expect(await readMark(store, 't', 1)).toBeUndefined();
      await writeMark(store, { topic: 't', partition: 1, next: 12n });
      await writeMark(store, { topic: 't', partition: 10, next: 7n });
      await writeMark(store, { topic: 't', partition: 1, next: 9_007_199_254_740_993n });
      expect(await readMark(store, 't', 1)).toBe(9_007_199_254_740_993n);
      expect([...(await readMarks(store)).keys()]).toEqual(['t|1', 't|10']);
    });
  });
}

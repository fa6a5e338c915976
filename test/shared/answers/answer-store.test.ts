// test/shared/answers/answer-store.test.ts: the first answer under a name stands for its time, across restarts; an erased card leaves none.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type AnswerStore,
  createAnswerStore,
  type KeptAnswer,
} from '../../../shared/answers/answer-store.ts';

const DAY_MS = 86_400_000;
const answer = (name: string, text = name, keepUntilMs = DAY_MS): KeptAnswer => ({
  name,
  fingerprint: 'f',
  bytes: Buffer.from(text),
  keepUntilMs,
});
const textOf = (kept: KeptAnswer | undefined) => kept && Buffer.from(kept.bytes).toString();

function useDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-answers-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function withStore<Answer>(
  directory: string,
  use: (store: AnswerStore) => Promise<Answer>,
): Promise<Answer> {
  const store = createAnswerStore(directory);
  return use(store).finally(() => store.close());
}

test('the first answer stands, also after a restart and for one that was made at the same time', async () => {
  const directory = useDirectory();
  const kept = await withStore(directory, (store) =>
    Promise.all([store.keep([answer('a', 'first')], 0), store.keep([answer('a', 'second')], 0)]),
  );
  expect(kept.flat().map(textOf)).toEqual(['first', 'first']);
  const found = await withStore(directory, async (store) => store.find('a', 1));
  expect(textOf(found)).toBe('first');
  expect(found?.fingerprint).toBe('f');
});

test('an answer past its time is neither found nor in the way, and pruning forgets it', async () => {
  await withStore(useDirectory(), async (store) => {
    await store.keep([answer('a', 'first'), answer('b')], 0);
    expect(store.find('a', DAY_MS)).toBeUndefined();
    expect(await store.prune(DAY_MS - 1)).toBe(0);
    const [later] = await store.keep([answer('a', 'second', 2 * DAY_MS)], DAY_MS);
    expect(textOf(later)).toBe('second');
    expect(await store.prune(DAY_MS)).toBe(1);
    expect(textOf(store.find('a', DAY_MS))).toBe('second');
  });
});

test('every answer that mentions an erased card is removed, and no other', async () => {
  await withStore(useDirectory(), async (store) => {
    const names = Array.from({ length: 600 }, (_, index) => `n-${index}`);
    await store.keep(
      names.map((name, index) => answer(name, index % 3 === 0 ? '"tok_gone"' : '"tok_kept"')),
      0,
    );
    expect(await store.eraseMentions('"tok_gone"')).toBe(200);
    expect(names.filter((name) => store.find(name, 1))).toHaveLength(400);
  });
});

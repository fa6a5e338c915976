// test/shared/registry/retire-challenger.test.ts: a challenger is retired once, with who and why, and never another one in its place.
import { expect, test } from 'vitest';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { promote } from '../../../shared/registry/registry.ts';
import { retireChallenger } from '../../../shared/registry/retire-challenger.ts';
import { createVersion } from '../../contract/registry.ts';

const note = { movedAt: '2026-01-01T00:00:00.000Z', by: 'stream-scorer', reason: 'canary rolled back' };

async function createDesk() {
  const registry = new MemoryRegistry();
  for (const name of ['a', 'b', 'c']) {
    const { manifest, files } = createVersion(name);
    await registry.publish(manifest, files);
  }
  await promote(registry, 'a', note);
  await registry.moveAlias({ alias: 'challenger', modelVersion: 'b', expectedFence: 0, ...note });
  return registry;
}

test('of several processes that retire one challenger one moves the alias, and its reason is kept', async () => {
  const registry = await createDesk();
  const moves = await Promise.all([1, 2, 3].map(() => retireChallenger(registry, 'b', note)));
  expect(moves.filter((move) => move !== undefined)).toHaveLength(1);
  expect((await registry.readHistory('challenger')).at(-1)).toMatchObject({
    modelVersion: 'a',
    replaced: 'b',
    fence: 2,
    by: 'stream-scorer',
    reason: 'canary rolled back',
  });
});

test('a challenger that came in the meantime stays', async () => {
  const registry = await createDesk();
  await registry.moveAlias({ alias: 'challenger', modelVersion: 'c', expectedFence: 1, ...note });
  expect(await retireChallenger(registry, 'b', note)).toBeUndefined();
  expect((await registry.readAlias('challenger'))?.modelVersion).toBe('c');
});

test('a challenger that became champion is not retired', async () => {
  const registry = await createDesk();
  await promote(registry, 'b', note);
  expect(await retireChallenger(registry, 'b', note)).toBeUndefined();
});

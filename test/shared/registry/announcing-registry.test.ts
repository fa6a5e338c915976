// test/shared/registry/announcing-registry.test.ts: every move that was made is announced once, and no other.
import { expect, test } from 'vitest';
import type { ModelEvent } from '../../../shared/domain/model-event.ts';
import { createAnnouncingRegistry } from '../../../shared/registry/announcing-registry.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

test('a move is announced after it was made, with its fence; a refused one is not; a challenger is told as registered', async () => {
  const events: ModelEvent[] = [];
  const inner = new MemoryRegistry();
  const registry = createAnnouncingRegistry(inner, async (event) => {
    expect((await inner.readAlias(event.alias))?.fence).toBe(event.fence);
    events.push(event);
  });
  const { manifest, files } = createSmallVersion();
  await registry.publish(manifest, files);
  const move = { modelVersion: 'small', movedAt: manifest.createdAt, by: 'ann', expectedFence: 0 };
  await registry.moveAlias({ ...move, alias: 'champion', reason: 'first' });
  await registry.moveAlias({ ...move, alias: 'challenger' });
  await expect(registry.moveAlias({ ...move, alias: 'champion' })).rejects.toMatchObject({
    code: 'FRAUD_ALIAS_CONFLICT',
  });
  const shared = { modelVersion: 'small', fence: 1, at: manifest.createdAt, by: 'ann' };
  expect(events).toEqual([
    { ...shared, kind: 'model-promote', alias: 'champion', reason: 'first' },
    { ...shared, kind: 'model-register', alias: 'challenger' },
  ]);
});

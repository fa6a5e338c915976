// test/integration/model-events.test.ts: who moves an alias says so on the topic, and who listens is told of every move, those before it came included.
import { expect, onTestFinished, test } from 'vitest';
import type { ModelEvent } from '../../shared/domain/model-event.ts';
import { createAnnounceMove, followModelEvents } from '../../shared/kafka/model-events.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { createAnnouncingRegistry } from '../../shared/registry/announcing-registry.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { promote, rollBack } from '../../shared/registry/registry.ts';
import { useTopics } from '../support/broker.ts';
import { createSmallVersion } from '../support/small-champion.ts';

test('promotion and roll-back reach a listener, the latest move of an alias also one that comes later', async () => {
  const { connection, topics } = await useTopics(1);
  const topic = topics.modelEvents.name;
  const failures: unknown[] = [];
  const announce = createAnnounceMove({ connection, topic, onFailure: (error) => failures.push(error) });
  const registry = new MemoryRegistry();
  for (const modelVersion of ['one', 'two']) {
    const { manifest, files } = createSmallVersion({ modelVersion });
    await registry.publish(manifest, files);
  }
  const note = { movedAt: '2026-01-01T00:00:00.000Z', by: 'ann' };
  await promote(createAnnouncingRegistry(registry, announce), 'one', note);

  const heard: ModelEvent[] = [];
  const log = createLogger('test', 'silent');
  const following = followModelEvents({ connection, topic, log, onHint: (event) => void heard.push(event) });
  onTestFinished(() => following.stop());
  const untilHeard = (event: Partial<ModelEvent>) =>
    expect.poll(() => heard, { timeout: 60_000 }).toContainEqual(expect.objectContaining(event));
  await untilHeard({ kind: 'model-promote', alias: 'champion', modelVersion: 'one', fence: 1, by: 'ann' });
  await promote(createAnnouncingRegistry(registry, announce), 'two', { ...note, reason: 'better' });
  await untilHeard({ alias: 'champion', modelVersion: 'two', fence: 2, reason: 'better' });
  await untilHeard({ alias: 'previous', modelVersion: 'one' });
  await rollBack(createAnnouncingRegistry(registry, announce, 'model-roll-back'), note);
  await untilHeard({ kind: 'model-roll-back', alias: 'champion', modelVersion: 'one', fence: 3 });
  expect(failures).toEqual([]);
});

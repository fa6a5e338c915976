// test/services/retrainer/promote.test.ts: what a retraining may move: two at once promote once, a refused one moves nothing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GateVerdict } from '../../../services/retrainer/gates/gate.ts';
import { promote } from '../../../services/retrainer/stages/promote.ts';
import type { WithVersion } from '../../../services/retrainer/state.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { type AliasEntry, promote as promoteVersion, rollBack } from '../../../shared/registry/registry.ts';
import { retireChallenger } from '../../../shared/registry/retire-challenger.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const passed: GateVerdict = { gate: 'one', passed: true, sentence: '', figures: {} };
const refused: GateVerdict = { gate: 'two', passed: false, sentence: '', figures: {} };

const operations = { movedAt: '2026-01-02T00:00:00.000Z', by: 'ops' };

async function useRegistry() {
  const registry = new MemoryRegistry();
  const versions = ['first', 'left', 'right'].map((modelVersion) => createSmallVersion({ modelVersion }));
  for (const { manifest, files } of versions) await registry.publish(manifest, files);
  const [first, left, right] = versions;
  if (!first || !left || !right) throw new Error('three versions');
  const note = { movedAt: '2026-01-01T00:00:00.000Z', by: 'test' };
  const championEntry = await promoteVersion(registry, 'first', note);
  /** What the stage reads of its state. */
  const stateOf = (
    version: typeof left,
    verdicts: readonly GateVerdict[],
    isPromoting: boolean,
    entry: AliasEntry = championEntry,
  ) => {
    const parts: Pick<WithVersion, 'registry' | 'verdicts' | 'version' | 'championEntry' | 'files'> & {
      settings: { promote: boolean };
      set: { snapshotId: string };
    } = {
      registry,
      verdicts,
      version,
      championEntry: entry,
      files: { folder: '', read: async () => undefined, write: async () => {} },
      settings: { promote: isPromoting },
      set: { snapshotId: 'snapshot' },
    };
    return parts as WithVersion;
  };
  const championOf = async () => (await registry.readAlias('champion'))?.modelVersion;
  return { registry, left, right, stateOf, championOf };
}

describe('promotion', () => {
  test('of two retrainers that compared with the same champion promotes one and tells the other', async () => {
    const { registry, left, right, stateOf, championOf } = await useRegistry();
    const both = await Promise.allSettled([
      promote(stateOf(left, [passed], true)),
      promote(stateOf(right, [passed], true)),
    ]);
    const promoted = both.filter(({ status }) => status === 'fulfilled');
    expect(promoted).toHaveLength(1);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'FRAUD_ALIAS_CONFLICT' },
    });
    expect(['left', 'right']).toContain(await championOf());
    expect((await registry.readAlias('champion'))?.fence).toBe(2);
    expect((await registry.readAlias('previous'))?.modelVersion).toBe('first');
  });

  test('after another version became champion is refused, however good the comparison was', async () => {
    const { left, right, stateOf, championOf } = await useRegistry();
    await promote(stateOf(left, [passed], true));
    await expect(promote(stateOf(right, [passed], true))).rejects.toMatchObject({
      code: 'FRAUD_ALIAS_CONFLICT',
    });
    expect(await championOf()).toBe('left');
  });

  test('again by a run that was killed after it changes nothing', async () => {
    const { registry, left, stateOf } = await useRegistry();
    await promote(stateOf(left, [passed], true));
    expect((await promote(stateOf(left, [passed], true))).outcome).toBe('promoted');
    expect((await registry.readAlias('champion'))?.fence).toBe(2);
  });

  test('again by a run that was killed after it leaves a roll-back of meanwhile as it is', async () => {
    const { registry, left, stateOf, championOf } = await useRegistry();
    await promote(stateOf(left, [passed], true));
    const present = await rollBack(registry, { ...operations, reason: 'declines good customers' });
    // Taken up, the run compares with the champion of now, which is the one it had.
    expect((await promote(stateOf(left, [passed], true, present))).outcome).toBe('promoted');
    expect(await championOf()).toBe('first');
    expect(await registry.readHistory('champion')).toHaveLength(3);
  });

  test('again by a run that was killed after it brings no retired challenger back', async () => {
    const { registry, left, stateOf } = await useRegistry();
    await promote(stateOf(left, [passed], false));
    await retireChallenger(registry, 'left', { ...operations, by: 'canary' });
    expect((await promote(stateOf(left, [passed], false))).outcome).toBe('challenger');
    expect(await registry.readAlias('challenger')).toMatchObject({ modelVersion: 'first', by: 'canary' });
  });

  test('without being asked makes a challenger, once', async () => {
    const { registry, left, stateOf, championOf } = await useRegistry();
    expect((await promote(stateOf(left, [passed], false))).outcome).toBe('challenger');
    await promote(stateOf(left, [passed], false));
    expect(await registry.readAlias('challenger')).toMatchObject({ modelVersion: 'left', fence: 1 });
    expect(await championOf()).toBe('first');
  });

  test('of what a gate refused moves no alias', async () => {
    const { registry, left, stateOf, championOf } = await useRegistry();
    expect((await promote(stateOf(left, [passed, refused], true))).outcome).toBe('refused');
    expect(await championOf()).toBe('first');
    expect(await registry.readAlias('challenger')).toBeUndefined();
  });

  test('of a version with one flipped bit in any of its files is refused, and moves nothing', async () => {
    const root = mkdtempSync(join(tmpdir(), 'fraud-test-flipped-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const registry = new FileRegistry(root);
    const { stateOf, left } = await useRegistry();
    for (const { manifest, files } of [createSmallVersion({ modelVersion: 'first' }), left])
      await registry.publish(manifest, files);
    const championEntry = await promoteVersion(registry, 'first', {
      movedAt: '2026-01-01T00:00:00.000Z',
      by: 'test',
    });
    const state = { ...stateOf(left, [passed], true, championEntry), registry };
    for (const file of ['manifest.json', ...left.files.keys()]) {
      const path = join(root, 'versions', 'left', file);
      const bytes = readFileSync(path);
      const flipped = Buffer.from(bytes);
      flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      await expect(promote(state), file).rejects.toMatchObject({ code: 'FRAUD_MODEL_HASH_MISMATCH' });
      writeFileSync(path, bytes);
    }
    expect(await registry.readAlias('champion')).toMatchObject({ modelVersion: 'first', fence: 1 });
    expect((await promote(state)).outcome).toBe('promoted');
  });
});

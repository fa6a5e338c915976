// test/contract/registry.ts: what every registry adapter must do.
import { describe, expect, test } from 'vitest';
import { describeFiles, type Manifest, type VersionFiles } from '../../shared/registry/manifest.ts';
import { loadAlias, promote, type Registry, rollBack } from '../../shared/registry/registry.ts';

const note = { movedAt: '2026-01-01T00:00:00.000Z', by: 'test' };
const straight = { rawScores: [-1, 1], scores: [0.1, 0.9] };

/** A small valid version; `content` goes into its encoder file. */
export function createVersion(
  modelVersion: string,
  content = 'weights',
): { manifest: Manifest; files: VersionFiles } {
  const names = [
    'encoder.onnx',
    'full.onnx',
    'features-only.json',
    'report.json',
    'card.md',
    'reference-0.json',
  ];
  const files = new Map(
    names.map((name) => [name, new TextEncoder().encode(JSON.stringify(`${content} ${name}`))]),
  );
  const head = { file: 'full.onnx', inputs: ['amount'] };
  const manifest: Manifest = {
    formatVersion: 1,
    modelVersion,
    createdAt: '2026-01-01T00:00:00.000Z',
    encoder: { version: 'tiny-1', file: 'encoder.onnx', config: {} },
    heads: { full: head, featuresOnly: { ...head, file: 'features-only.json' } },
    calibrators: { full: straight, featuresOnly: straight, rules: straight },
    thresholds: {
      reviewAbove: 0.5,
      declineAbove: 0.9,
      riskLevels: { elevated: 0.1, high: 0.5, critical: 0.9 },
    },
    featureVersion: 'f1',
    featureSettings: {},
    references: { '*': { file: 'reference-0.json' } },
    explanation: { minimumBits: 3, maximumReasons: 4 },
    report: 'report.json',
    modelCard: 'card.md',
    files: describeFiles(files),
  };
  return { manifest, files };
}

export interface RegistryUnderTest {
  readonly registry: Registry;
  /** A second handle on the same versions, as another process has it; undefined where the adapter cannot. */
  readonly second?: Registry;
  /** Changes one stored byte behind the registry's back. */
  corrupt(modelVersion: string, fileName: string): Promise<void> | void;
}

async function publish(registry: Registry, modelVersion: string, content?: string): Promise<string> {
  const { manifest, files } = createVersion(modelVersion, content);
  return (await registry.publish(manifest, files)).manifestDigest;
}

/** Runs the suite against fresh registries from `create`. */
export function testRegistryContract(name: string, create: () => Promise<RegistryUnderTest>): void {
  describe(`${name} as a registry`, () => {
    test('a published version comes back byte for byte', async () => {
      const { registry } = await create();
      const manifestDigest = await publish(registry, 'a');
      const version = await registry.loadVerified('a', manifestDigest);
      const expected = createVersion('a');
      expect(version.manifest).toEqual(expected.manifest);
      expect(new Map([...version.files].map(([file, bytes]) => [file, [...bytes]]))).toEqual(
        new Map([...expected.files].map(([file, bytes]) => [file, [...bytes]])),
      );
    });

    test('a changed byte of a file is refused', async () => {
      const { registry, corrupt } = await create();
      await publish(registry, 'a');
      await corrupt('a', 'encoder.onnx');
      await expect(registry.loadVerified('a')).rejects.toMatchObject({ code: 'FRAUD_MODEL_HASH_MISMATCH' });
    });

    test('another manifest than the alias named is refused', async () => {
      const { registry } = await create();
      await publish(registry, 'a');
      const digestOfAnother = await publish(registry, 'b');
      await expect(registry.loadVerified('a', digestOfAnother)).rejects.toMatchObject({
        code: 'FRAUD_MODEL_HASH_MISMATCH',
      });
    });

    test('files that differ from the manifest are not published', async () => {
      const { registry } = await create();
      const { manifest } = createVersion('a');
      const { files } = createVersion('a', 'other');
      await expect(registry.publish(manifest, files)).rejects.toMatchObject({
        code: 'FRAUD_MODEL_HASH_MISMATCH',
      });
      expect(await registry.listVersions()).toEqual([]);
    });

    test('publishing the same again changes nothing, other bytes under the same name are refused', async () => {
      const { registry } = await create();
      const first = await publish(registry, 'a');
      expect(await publish(registry, 'a')).toBe(first);
      await expect(publish(registry, 'a', 'other')).rejects.toMatchObject({ code: 'FRAUD_MODEL_EXISTS' });
      expect(await registry.listVersions()).toEqual(['a']);
    });

    test('an unknown version, a path as version and an unset alias are not found', async () => {
      const { registry } = await create();
      await expect(registry.loadVerified('a')).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
      await expect(registry.readManifest('../a')).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
      await expect(loadAlias(registry, 'champion')).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
    });

    test('of many movers with the same fence one succeeds', async () => {
      const { registry, second = registry } = await create();
      await publish(registry, 'a');
      await publish(registry, 'b');
      const moves = Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? registry : second).moveAlias({
          alias: 'champion',
          modelVersion: index % 3 ? 'a' : 'b',
          expectedFence: 0,
          ...note,
        }),
      );
      const settled = await Promise.allSettled(moves);
      const rejected = settled.filter((move) => move.status === 'rejected');
      expect(rejected).toHaveLength(19);
      for (const move of rejected) expect(move.reason).toMatchObject({ code: 'FRAUD_ALIAS_CONFLICT' });
      const winner = settled.find((move) => move.status === 'fulfilled');
      expect(await registry.readAlias('champion')).toEqual(winner?.value);
    });

    test('roll-back goes to the version the champion replaced, with a growing fence', async () => {
      const { registry } = await create();
      await publish(registry, 'a');
      await publish(registry, 'b');
      await promote(registry, 'a', note);
      await promote(registry, 'b', note);
      expect((await registry.readAlias('previous'))?.modelVersion).toBe('a');
      const entry = await rollBack(registry, note);
      expect(entry).toMatchObject({ modelVersion: 'a', fence: 3, replaced: 'b' });
      expect((await loadAlias(registry, 'champion')).version.manifest.modelVersion).toBe('a');
    });

    test('history tells every move of every alias in order: who, when, why', async () => {
      const { registry, second = registry } = await create();
      await publish(registry, 'a');
      await publish(registry, 'b');
      expect(await registry.readHistory()).toEqual([]);
      const at = (minute: number) => `2026-01-01T00:0${minute}:00.000Z`;
      await promote(registry, 'a', { movedAt: at(1), by: 'ann', reason: 'first' });
      const challenger = { alias: 'challenger', modelVersion: 'b', expectedFence: 0 } as const;
      await second.moveAlias({ ...challenger, movedAt: at(2), by: 'retrainer', reason: 'passed' });
      await promote(registry, 'b', { movedAt: at(3), by: 'ben', reason: 'better' });
      await rollBack(second, { movedAt: at(4), by: 'cem', reason: 'worse after all' });
      const told = (await second.readHistory()).map(({ alias, modelVersion, fence, by, reason }) =>
        [alias, modelVersion, fence, by, reason].join(' '),
      );
      expect(told).toEqual([
        'champion a 1 ann first',
        'challenger b 1 retrainer passed',
        'champion b 2 ben better',
        'previous a 1 ben better',
        'champion a 3 cem worse after all',
        'previous b 2 cem worse after all',
      ]);
      expect(await registry.readHistory('previous')).toEqual(
        (await registry.readHistory()).filter(({ alias }) => alias === 'previous'),
      );
      expect((await registry.readHistory('champion')).at(-1)).toEqual(await registry.readAlias('champion'));
    });

    test('a clock that runs behind does not turn the order of moves round', async () => {
      const { registry } = await create();
      for (const name of ['a', 'b', 'c']) await publish(registry, name);
      await promote(registry, 'a', { movedAt: '2026-01-01T00:05:00.000Z', by: 'ahead' });
      await promote(registry, 'b', { movedAt: '2026-01-01T00:01:00.000Z', by: 'behind' });
      await promote(registry, 'c', { movedAt: '2026-01-01T00:02:00.000Z', by: 'behind' });
      const champions = (await registry.readHistory()).filter(({ alias }) => alias === 'champion');
      expect(champions.map(({ modelVersion }) => modelVersion)).toEqual(['a', 'b', 'c']);
    });

    test('a promotion that crashed between its two moves is mended by asking for it again, or by the next one', async () => {
      const { registry } = await create();
      for (const name of ['a', 'b', 'c']) await publish(registry, name);
      await promote(registry, 'a', note);
      const crashAfterFirstMove = (expectedFence: number, modelVersion: string) =>
        registry.moveAlias({ alias: 'champion', modelVersion, expectedFence, ...note });
      await crashAfterFirstMove(1, 'b');
      expect(await registry.readAlias('previous')).toBeUndefined();
      expect(await promote(registry, 'b', note)).toMatchObject({ modelVersion: 'b', fence: 2 });
      expect((await registry.readAlias('previous'))?.modelVersion).toBe('a');
      await crashAfterFirstMove(2, 'c');
      expect(await rollBack(registry, note)).toMatchObject({ modelVersion: 'b', fence: 4, replaced: 'c' });
      expect((await registry.readAlias('previous'))?.modelVersion).toBe('c');
      await promote(registry, 'b', note);
      expect(await registry.readHistory('champion')).toHaveLength(4);
    });

    test('of many promoters that saw the same champion one wins, is told so, and previous is what it replaced', async () => {
      const { registry, second = registry } = await create();
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      for (const name of names) await publish(registry, name);
      const { fence: championFence } = await promote(registry, 'a', note);
      const promotions = names
        .slice(1)
        .map((name, index) => promote(index % 2 ? registry : second, name, { ...note, championFence }));
      const settled = await Promise.allSettled(promotions);
      const won = settled.filter(({ status }) => status === 'fulfilled');
      const lost = settled.filter((each) => each.status === 'rejected');
      expect(won).toHaveLength(1);
      for (const { reason } of lost) expect(reason).toMatchObject({ code: 'FRAUD_ALIAS_CONFLICT' });
      expect(await registry.readAlias('champion')).toMatchObject({ fence: 2, replaced: 'a' });
      expect((await registry.readAlias('previous'))?.modelVersion).toBe('a');
    });

    test('promoters in a row, each beginning before the last one ended, all win and leave previous right', async () => {
      const { registry, second = registry } = await create();
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      for (const name of names) await publish(registry, name);
      const settled = await Promise.allSettled(
        names.map(async (name, index) => {
          await expect
            .poll(async () => (await registry.readAlias('champion'))?.fence ?? 0, { interval: 1 })
            .toBe(index);
          return promote(index % 2 ? registry : second, name, note);
        }),
      );
      expect(settled.map(({ status }) => status)).toEqual(names.map(() => 'fulfilled'));
      expect(await registry.readAlias('champion')).toMatchObject({ modelVersion: 'h', fence: 8 });
      expect((await registry.readAlias('previous'))?.modelVersion).toBe('g');
    });

    test('two roll-backs at once go back once', async () => {
      const { registry, second = registry } = await create();
      for (const name of ['a', 'b']) await publish(registry, name);
      await promote(registry, 'a', note);
      await promote(registry, 'b', note);
      await Promise.allSettled([rollBack(registry, note), rollBack(second, note)]);
      expect(await registry.readAlias('champion')).toMatchObject({ modelVersion: 'a', fence: 3 });
    });

    test('the first champion has nothing to roll back to', async () => {
      const { registry } = await create();
      await publish(registry, 'a');
      await promote(registry, 'a', note);
      await expect(rollBack(registry, note)).rejects.toMatchObject({ code: 'FRAUD_MODEL_NOT_FOUND' });
    });
  });
}

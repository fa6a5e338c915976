// test/services/retrainer/find-compared.test.ts: a run killed while it promoted goes on against the champion it had compared with; any other run takes the present one.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findCompared } from '../../../services/retrainer/find-compared.ts';
import { PROMOTING_FILE } from '../../../services/retrainer/run-files.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { MemoryRegistry } from '../../../shared/registry/memory-registry.ts';
import { promote, type Registry } from '../../../shared/registry/registry.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

/** A folder for the test. */
function useRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'fraud-test-compared-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

async function promoteBoth(registry: Registry): Promise<void> {
  for (const modelVersion of ['first', 'second']) {
    const { manifest, files } = createSmallVersion({ modelVersion });
    await registry.publish(manifest, files);
    await promote(registry, modelVersion, { movedAt: '2026-01-01T00:00:00.000Z', by: 'test' });
  }
}

/** `second` replaced `first`; `promoting` is what the run that compared with `first` was about to promote. */
async function replaced(promoting: string | undefined) {
  const root = useRoot();
  const registry = new MemoryRegistry();
  await promoteBoth(registry);
  const { manifestDigest } = await registry.loadVerified('first');
  const stagesOf = (digest: string): string => join(root, digest);
  mkdirSync(stagesOf(manifestDigest));
  if (promoting !== undefined)
    writeFileSync(
      join(stagesOf(manifestDigest), PROMOTING_FILE),
      JSON.stringify({ modelVersion: promoting }),
    );
  return findCompared(registry, stagesOf);
}

test('the champion before, at the fence it had, when the present one was promoted by the run itself', async () => {
  const { entry, version } = await replaced('second');
  expect(version.manifest.modelVersion).toBe('first');
  expect(entry).toMatchObject({ modelVersion: 'first', fence: 1, manifestDigest: version.manifestDigest });
});

test.each([undefined, 'another'])(
  'the present champion when the run was about to promote %s',
  async (promoting) => {
    const { entry, version } = await replaced(promoting);
    expect(version.manifest.modelVersion).toBe('second');
    expect(entry).toMatchObject({ modelVersion: 'second', fence: 2 });
  },
);

test('the present champion when the version before it was removed from the registry', async () => {
  const root = useRoot();
  const registry = new FileRegistry(root);
  await promoteBoth(registry);
  rmSync(join(root, 'versions', 'first'), { recursive: true });
  const { entry } = await findCompared(registry, (digest) => join(root, 'runs', digest));
  expect(entry).toMatchObject({ modelVersion: 'second', fence: 2 });
});

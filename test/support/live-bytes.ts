// test/support/live-bytes.ts: what LMDB stores below a directory still hold: their live pages alone, since freed ones keep old bytes until they are used again.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { open } from 'lmdb';

/** Every live page of every environment below, as one buffer. Nobody may have them open. */
export async function readLiveBytes(directory: string): Promise<Buffer> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('data.mdb'),
  );
  const parts: Buffer[] = [];
  for (const name of files) {
    const copy = mkdtempSync(join(tmpdir(), 'fraud-live-bytes-'));
    const root = open({ path: dirname(join(directory, name)), noSubdir: false, maxDbs: 12, readOnly: true });
    await root.backup(copy, true);
    await root.close();
    parts.push(readFileSync(join(copy, 'data.mdb')));
    rmSync(copy, { recursive: true, force: true });
  }
  return Buffer.concat(parts);
}

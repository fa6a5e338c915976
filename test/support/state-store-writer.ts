// test/support/state-store-writer.ts: a process that writes one event after the other to a shared LMDB store until it has written enough or is killed.
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { packEvent } from './packed-events.ts';

/** Entities every commit touches: all of them, or none, when a commit is atomic. */
export const WRITTEN_ENTITIES = ['c|bank|shared', 'm|bank|shared', 'a|bank|shared'];
export const WRITTEN_START = Date.UTC(2026, 2, 1);
export const WRITTEN_STEP_MS = 1000;

/** Resumes at the offset stored in the same transaction, as a scorer does; says each offset once it is stored. */
export async function writeOn(
  directory: string,
  partition: number,
  count: number,
  say: (offset: number) => void = () => {},
): Promise<void> {
  const store = createLmdbStateStore({ directory, mapSizeBytes: 2 ** 28 });
  let offset = Number((await store.readInputOffset('input', partition)) ?? 0n);
  for (; offset < count; offset += 1) {
    const id = `${partition}-${offset}`;
    const event = packEvent({ id, timeMs: WRITTEN_START + offset * WRITTEN_STEP_MS });
    await store.commit({
      appends: WRITTEN_ENTITIES.map((entityKey) => ({ entityKey, event })),
      decisions: [{ decisionKey: id, bytes: Buffer.from(id), contentHash: '', keepUntilMs: WRITTEN_START }],
      inputOffsets: [{ topic: 'input', partition, offset: BigInt(offset + 1) }],
      outbox: [{ topic: 'input', partition, offset: BigInt(offset), bytes: Buffer.from(id) }],
    });
    say(offset);
  }
  await store.close();
}

if (process.argv[1]?.endsWith('state-store-writer.ts')) {
  const [directory = '', partition = '0', count = '0'] = process.argv.slice(2);
  await writeOn(directory, Number(partition), Number(count), (offset) => process.stdout.write(`${offset}\n`));
}

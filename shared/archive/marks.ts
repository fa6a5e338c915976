// shared/archive/marks.ts: how far each partition is archived: files beyond its mark do not count yet.
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { ArchiveStore } from './archive-store.ts';
import { markName } from './object-names.ts';

const markSchema = z.object({ topic: z.string(), partition: z.int(), next: z.string().regex(/^\d+$/) });

/** Next offset to archive of a partition; undefined when nothing of it was. */
export async function readMark(
  store: ArchiveStore,
  topic: string,
  partition: number,
): Promise<bigint | undefined> {
  const name = markName(topic, partition);
  const marks = await readMarks(store, name);
  return marks.get(`${topic}|${partition}`);
}

/** Marks by `topic|partition`. */
export async function readMarks(store: ArchiveStore, prefix = 'marks/'): Promise<Map<string, bigint>> {
  const marks = new Map<string, bigint>();
  for (const object of await store.list(prefix)) {
    const mark = markSchema.safeParse(JSON.parse(await readFile(await store.fetch(object), 'utf8')));
    if (!mark.success)
      throw new AppError('FRAUD_ARCHIVE_MISSING', { detail: `${object.name} is not a mark.` });
    marks.set(`${mark.data.topic}|${mark.data.partition}`, BigInt(mark.data.next));
  }
  return marks;
}

/** All files of every range before `next` are in place. */
export async function writeMark(
  store: ArchiveStore,
  { topic, partition, next }: { readonly topic: string; readonly partition: number; readonly next: bigint },
): Promise<void> {
  const draft = join(tmpdir(), `fraud-mark-${randomUUID()}`);
  await writeFile(draft, `${JSON.stringify({ topic, partition, next: next.toString() })}\n`);
  try {
    await store.put(markName(topic, partition), draft);
  } finally {
    await rm(draft, { force: true });
  }
}

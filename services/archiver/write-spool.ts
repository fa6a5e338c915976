// services/archiver/write-spool.ts: a spooled range into the archive; lines that are no training row are kept apart and counted.
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { SpoolName } from '../../shared/archive/columns.ts';
import { type ArchiveKind, type OffsetRange, refusedFileName } from '../../shared/archive/object-names.ts';
import { type RangeWriter, writeRange } from '../../shared/archive/write-range.ts';
import { trainingRowSchema } from '../../shared/domain/training-row.ts';
import { AppError } from '../../shared/errors.ts';
import type { ArchiverMetrics } from './metrics.ts';

export interface SpoolWriter {
  readonly writer: RangeWriter;
  readonly spool: SpoolName;
  readonly metrics: ArchiverMetrics;
}

/** Rows written by kind. A range in which some lines are no rows is written without them: they go to `refused/`. */
export async function writeSpool(
  parts: SpoolWriter,
  range: OffsetRange,
  file: string,
): Promise<Partial<Record<ArchiveKind, number>>> {
  const { writer, spool } = parts;
  try {
    return await writeRange(writer, range, { spool, file });
  } catch (error) {
    // A dependency is tried again as it is; anything else may be a line that is no row.
    if (error instanceof AppError || spool !== 'rows') throw error;
    const { goodFile, refusedFile, refused } = await siftRows(file);
    try {
      if (refused === 0) throw error;
      await writer.store.put(refusedFileName(range), refusedFile);
      const rows = await writeRange(writer, range, { spool, file: goodFile });
      parts.metrics.refused.inc({ topic: range.topic }, refused);
      return rows;
    } finally {
      await rm(goodFile, { force: true });
      await rm(refusedFile, { force: true });
    }
  }
}

/** Lines that are training rows into one file, the others as they came into another. */
async function siftRows(
  file: string,
): Promise<{ readonly goodFile: string; readonly refusedFile: string; readonly refused: number }> {
  const good: string[] = [];
  const refused: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    (isRow(line) ? good : refused).push(`${line}\n`);
  }
  const [goodFile, refusedFile] = [`${file}.good`, `${file}.refused`];
  await writeFile(goodFile, good.join(''));
  await writeFile(refusedFile, refused.join(''));
  return { goodFile, refusedFile, refused: refused.length };
}

function isRow(line: string): boolean {
  try {
    const row = trainingRowSchema.safeParse(JSON.parse(line));
    return row.success && !Number.isNaN(Date.parse(row.data.eventTime)) && row.data.context.length % 64 === 0;
  } catch {
    return false;
  }
}

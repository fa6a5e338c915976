// services/archiver/partition-archive.ts: one partition on its way into the archive: records → spool → range files → mark → commit.
import type { SpoolName } from '../../shared/archive/columns.ts';
import { writeMark } from '../../shared/archive/marks.ts';
import { createSpool, type SpooledRecord } from '../../shared/archive/spool.ts';
import type { RangeWriter } from '../../shared/archive/write-range.ts';
import type { ConsumedChunk } from '../../shared/kafka/chunk-dispatcher.ts';
import type { ArchiverMetrics } from './metrics.ts';
import type { RecordReader } from './read-record.ts';
import { writeSpool } from './write-spool.ts';

export interface PartitionOptions {
  readonly topic: string;
  readonly partition: number;
  readonly spool: SpoolName;
  readonly read: RecordReader;
  /** What the archive holds already; records before it are passed over. */
  readonly mark: bigint | undefined;
  readonly rangeRecords: number;
  readonly directory: string;
  readonly writer: RangeWriter;
  readonly metrics: ArchiverMetrics;
  /** Runs one writer at a time: DuckDB and disk are shared by all partitions. */
  readonly inTurn: <Answer>(action: () => Promise<Answer>) => Promise<Answer>;
}

export interface PartitionArchive {
  readonly topic: string;
  readonly partition: number;
  /** Takes a chunk; ranges that became full are written and committed. Safe to call again with the same chunk. */
  take(chunk: ConsumedChunk): Promise<void>;
  /** Writes what has begun, full or not, and commits it. */
  flush(): Promise<void>;
  /** Forgets what was not written: whoever reads the partition next reads it again. */
  close(): void;
}

export function createPartitionArchive(options: PartitionOptions): PartitionArchive {
  const { topic, partition, read, metrics, inTurn, writer } = options;
  const width = BigInt(options.rangeRecords);
  const spool = createSpool(options.directory, `${topic}-${partition}`, partition);
  let marked = options.mark ?? 0n;
  /** Offset after the last record taken. */
  let next = marked;
  /** The chunk being taken, and the last one taken whole: only that may be committed. */
  let current: ConsumedChunk | undefined;
  let pending: ConsumedChunk | undefined;
  let isClosed = false;
  let isWriting = false;
  let writing = Promise.resolve();

  /** All of the range or nothing of it; a range of an owner that was replaced is left to the new one. */
  const write = (): Promise<void> => {
    writing = inTurn(async () => {
      if (isClosed || next <= marked || current?.isStale()) return;
      isWriting = true;
      const range = { topic, partition, from: spool.from ?? marked, to: next };
      const endTimer = metrics.ranges.startTimer();
      const rows = spool.count > 0 ? await writeSpool(options, range, spool.file) : {};
      if (spool.count === 0) await writeMark(writer.store, { topic, partition, next });
      for (const [kind, count] of Object.entries(rows)) metrics.rows.inc({ kind }, count);
      endTimer();
      marked = next;
      spool.clear();
    }).finally(() => {
      isWriting = false;
    });
    return writing;
  };

  /** What came in while a range is written would be taken for written with it. */
  const untilWritten = async (): Promise<void> => {
    while (isWriting) await writing.catch(() => {});
  };

  const isFull = (): boolean => next > marked && next % width === 0n;

  return {
    topic,
    partition,
    take: async (chunk) => {
      await untilWritten();
      current = chunk;
      if (isFull()) await write();
      let batch: SpooledRecord[] = [];
      const spoolBatch = (): void => {
        spool.add(batch);
        batch = [];
      };
      for (const record of chunk.records) {
        if (record.offset < next) continue;
        const value = read(record);
        if (value) batch.push({ offset: record.offset, value, receivedAtMs: record.timestampMs });
        else metrics.refused.inc({ topic });
        next = record.offset + 1n;
        if (!isFull()) continue;
        spoolBatch();
        await write();
      }
      spoolBatch();
      pending = chunk;
      if (next <= marked) await chunk.commit();
    },
    flush: async () => {
      const chunk = pending;
      await write();
      // Everything of that chunk is in the archive now, unless more came meanwhile: then its own turn commits more.
      if (chunk && !chunk.isStale()) await chunk.commit();
    },
    close: () => {
      isClosed = true;
      spool.close();
    },
  };
}

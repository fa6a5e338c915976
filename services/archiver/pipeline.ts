// services/archiver/pipeline.ts: READ FIRST: training row or outcome in → Parquet file of its day, each record once.
//
// consumed chunk ▶ records the archive does not hold ▶ spool ▶ [range full, or old enough] ▶ one file per kind and day ▶ mark ▶ commit
//
// The archive itself says how far it has come (its marks), the group's offsets only where to begin reading. Killed before the mark: the
// files of the range do not count, the next owner removes and writes them again. Killed after it, before the commit: the records are
// read again and passed over.
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import type { SpoolName } from '../../shared/archive/columns.ts';
import { compact } from '../../shared/archive/compact.ts';
import { eraseCards } from '../../shared/archive/erase-cards.ts';
import { listFiles } from '../../shared/archive/list-files.ts';
import { readMark } from '../../shared/archive/marks.ts';
import { archiveKinds } from '../../shared/archive/object-names.ts';
import type { RangeWriter } from '../../shared/archive/write-range.ts';
import type { Tombstone } from '../../shared/erasure/tombstones.ts';
import type { AssignedPartition, ConsumedChunk } from '../../shared/kafka/chunk-dispatcher.ts';
import type { ArchiverMetrics } from './metrics.ts';
import { createPartitionArchive, type PartitionArchive } from './partition-archive.ts';
import type { RecordReader } from './read-record.ts';

export interface ArchivePipeline {
  /** Next offset the archive lacks: where consumption of a partition must begin at the latest. */
  nextOffset(topic: string, partition: number): Promise<bigint | undefined>;
  /** Removes what a killed owner left half, and gets ready. */
  take(partitions: readonly AssignedPartition[]): Promise<void>;
  giveUp(): void;
  onChunk(chunk: ConsumedChunk): Promise<void>;
  flush(): Promise<void>;
  compact(): Promise<void>;
  /** Takes rows of erased cards out of every file. */
  erase(tombstones: readonly Tombstone[]): Promise<void>;
}

export interface PipelineOptions {
  readonly writer: RangeWriter;
  readonly directory: string;
  readonly rangeRecords: number;
  readonly metrics: ArchiverMetrics;
  readonly sources: Readonly<Record<string, { readonly spool: SpoolName; readonly read: RecordReader }>>;
}

const keyOf = ({ topic, partition }: AssignedPartition): string => `${topic}|${partition}`;

/** One action after the other, in the order asked; a failure is its caller's alone. */
function createTurns(): <Answer>(action: () => Promise<Answer>) => Promise<Answer> {
  let last: Promise<unknown> = Promise.resolve();
  return (action) => {
    const mine = last.then(action, action);
    last = mine.catch(() => {});
    return mine;
  };
}

export function createArchivePipeline(options: PipelineOptions): ArchivePipeline {
  const { writer, sources, metrics } = options;
  const inTurn = createTurns();
  let owned = new Map<string, PartitionArchive>();

  const open = async ({ topic, partition }: AssignedPartition): Promise<PartitionArchive | undefined> => {
    const source = sources[topic];
    if (!source) return undefined;
    const mark = await readMark(writer.store, topic, partition);
    return createPartitionArchive({ ...options, ...source, topic, partition, mark, inTurn });
  };

  return {
    nextOffset: (topic, partition) => readMark(writer.store, topic, partition),
    take: async (partitions) => {
      await inTurn(() => removeLeftOvers(writer.store, partitions));
      const opened = await Promise.all(partitions.map(open));
      owned = new Map(opened.flatMap((one) => (one ? [[keyOf(one), one] as const] : [])));
    },
    giveUp: () => {
      for (const one of owned.values()) one.close();
      owned = new Map();
    },
    onChunk: async (chunk) => {
      const [first] = chunk.records;
      if (first) await owned.get(keyOf(first))?.take(chunk);
    },
    flush: async () => {
      for (const one of [...owned.values()]) await one.flush();
    },
    erase: async (tombstones) => {
      await inTurn(() => eraseCards(writer, tombstones, options.directory));
    },
    compact: async () => {
      for (const { topic, partition } of [...owned.values()]) {
        for (const kind of archiveKinds) {
          const { directory } = options;
          const { merged } = await inTurn(() => compact(writer, kind, { topic, partition, directory }));
          metrics.compacted.inc({ kind }, merged);
        }
      }
    },
  };
}

async function removeLeftOvers(store: ArchiveStore, partitions: readonly AssignedPartition[]): Promise<void> {
  const ours = new Set(partitions.map(keyOf));
  for (const kind of archiveKinds) {
    const { beyond } = await listFiles(store, kind);
    const left = beyond.filter((file) => ours.has(keyOf(file)));
    await store.remove(left.map(({ object }) => object.name));
  }
}

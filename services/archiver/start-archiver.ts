// services/archiver/start-archiver.ts: builds and starts every part of the archiver inside one scope.
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicsWithPrefix } from '../../schemas/topics.ts';
import { openDuck } from '../../shared/archive/duck.ts';
import { openArchive } from '../../shared/archive/open-archive.ts';
import { openTombstones, type Tombstones } from '../../shared/erasure/tombstones.ts';
import { AppError } from '../../shared/errors.ts';
import { createOperationsServer } from '../../shared/http/operations.ts';
import { type Consumer, createConsumer } from '../../shared/kafka/consumer.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { ArchiverSettings } from './config.ts';
import { createArchiverMetrics } from './metrics.ts';
import { type ArchivePipeline, createArchivePipeline } from './pipeline.ts';
import { leaveErasedOut, readOutcomeRecord, readRowRecord } from './read-record.ts';

/** Large chunks: the spool takes them in one write. */
const CHUNK_RECORDS = 1_000;
/** One writer and one core: reading and scoring need the others. */
const DUCK_THREADS = 2;

export interface RunningArchiver {
  /** Rejects when the archiver cannot go on; never resolves. */
  readonly failed: Promise<never>;
  readonly operationsPort: number;
}

export async function startArchiver(parts: {
  readonly settings: ArchiverSettings;
  readonly log: Logger;
  readonly scope: Scope;
}): Promise<RunningArchiver> {
  const { settings, log, scope } = parts;
  const topics = topicsWithPrefix(settings.topicPrefix);
  const metrics = createArchiverMetrics();
  const store = await scope.start(
    'archive',
    () => openArchive(settings.archive),
    (part) => part.close(),
  );
  const duck = await scope.start(
    'DuckDB',
    () => openDuck({ memoryLimit: settings.memoryLimit, threads: DUCK_THREADS }),
    (part) => part.close(),
  );
  const directory = await scope.start(
    'work directory',
    async () => settings.workDirectory || (await mkdtemp(join(tmpdir(), 'fraud-archiver-'))),
    (path) => rm(path, { recursive: true, force: true }),
  );
  const tombstones = openTombstones(settings.erasuresDirectory);
  const pipeline = createArchivePipeline({
    writer: { store, connection: duck.connection },
    directory,
    rangeRecords: settings.rangeRecords,
    metrics,
    sources: {
      [topics.trainingRows.name]: { spool: 'rows', read: leaveErasedOut(readRowRecord, tombstones) },
      [topics.outcomes.name]: { spool: 'outcomes', read: leaveErasedOut(readOutcomeRecord, tombstones) },
    },
  });
  const consumer = createConsumer({
    connection: {
      brokers: settings.kafkaBrokers.split(',').map((broker) => broker.trim()),
      clientId: 'archiver',
      log,
    },
    groupId: settings.groupId,
    topics: [topics.trainingRows.name, topics.outcomes.name],
    onChunk: pipeline.onChunk,
    maxChunkRecords: CHUNK_RECORDS,
    sessionTimeoutMs: settings.sessionSeconds * 1_000,
    stateOffset: pipeline.nextOffset,
    onAssigned: pipeline.take,
    onRevoked: pipeline.giveUp,
  });
  await scope.start(
    'consumer',
    () => consumer.start(),
    async () => {
      await pipeline.flush();
      await consumer.stop();
      pipeline.giveUp();
    },
  );
  const timers = await scope.start(
    'timers',
    () => startTimers(pipeline, tombstones, settings, log),
    (part) => part.stop(),
  );
  const operationsPort = await startOperations(consumer, metrics.registry, { settings, scope });
  log.info({ operationsPort, archive: settings.archive }, 'ready');
  return { failed: Promise.race([consumer.failed, timers.failed]), operationsPort };
}

/** A dependency that fails is tried again at the next tick; anything else ends the process. */
function startTimers(
  pipeline: ArchivePipeline,
  tombstones: Tombstones,
  settings: ArchiverSettings,
  log: Logger,
) {
  const timers: NodeJS.Timeout[] = [];
  const failed = new Promise<never>((_resolve, reject) => {
    const every = (ms: number, name: string, action: () => Promise<void>): void => {
      let isBusy = false;
      const tick = (): void => {
        if (isBusy) return;
        isBusy = true;
        action()
          .catch((error: unknown) => {
            if (error instanceof AppError && error.retryable)
              log.warn({ err: error, name }, 'tried again later');
            else reject(error);
          })
          .finally(() => {
            isBusy = false;
          });
      };
      timers.push(setInterval(tick, ms));
    };
    every(settings.flushSeconds * 1_000, 'flush', pipeline.flush);
    every(settings.compactMinutes * 60_000, 'compact', async () => {
      await pipeline.compact();
      // Also what was archived or merged while a card was being erased.
      await pipeline.erase(tombstones.list());
    });
  });
  failed.catch(() => {});
  return { failed, stop: () => timers.forEach(clearInterval) };
}

async function startOperations(
  consumer: Consumer,
  metrics: Parameters<typeof createOperationsServer>[0]['metrics'],
  { settings, scope }: { readonly settings: ArchiverSettings; readonly scope: Scope },
): Promise<number> {
  const server = createOperationsServer({
    whyNotAlive: () => undefined,
    whyNotReady: () => undefined,
    facts: () => ({
      partitions: consumer.progress().length,
      lag: Number(consumer.progress().reduce((sum, { lag }) => sum + lag, 0n)),
    }),
    metrics,
  });
  await scope.start(
    'operations server',
    () => server.listen({ host: '0.0.0.0', port: settings.operationsPort }),
    () => server.close(),
  );
  return (server.server.address() as AddressInfo).port;
}

// test/support/stream-rig.ts: broker, topics, registry and the built scorer for programs that fill a topic first and then let it be scored.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalBroker } from '../../infra/local/broker.ts';
import { type ServiceChild, startServiceChild } from '../../infra/local/service-child.ts';
import { type TopicTable, topicsWithPrefix } from '../../schemas/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { createTopics } from '../../shared/kafka/admin.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { ensureChampion } from '../../shared/registry/shipped-champion.ts';
import type { MappedLine } from '../../shared/replay/read-mapped.ts';
import { sendLines } from '../../shared/replay/send-lines.ts';
import { type Champion, createChampion } from '../../shared/scoring/champion.ts';

export interface StreamRig {
  readonly connection: KafkaConnection;
  readonly topics: TopicTable;
  readonly directory: string;
  readonly stateDirectory: string;
  readonly registryDirectory: string;
  /** Process id of a JVM broker. */
  readonly brokerPid: number | undefined;
  /** The registry's champion now. */
  champion(): Promise<Champion>;
  /** Sends all lines, as fast as it goes; resolves when they are acknowledged. */
  fill(chunks: AsyncIterable<readonly MappedLine[]>): Promise<{ transactions: number; outcomes: number }>;
  /** Needs `npm run build`. */
  startScorer(settings?: Readonly<Record<string, string>>): Promise<ServiceChild>;
  untilCaughtUp(scorer: ServiceChild): Promise<void>;
  close(): Promise<void>;
}

const POLL_MS = 100;

/** @param partitions of the card topics */
export async function createStreamRig(partitions: number): Promise<StreamRig> {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-rig-'));
  const broker = await startLocalBroker({ directory: join(directory, 'broker') });
  const connection: KafkaConnection = { brokers: broker.brokers, clientId: 'rig' };
  const topics = topicsWithPrefix('');
  await createTopics(connection, Object.values(topics), { partitions });
  const registryDirectory = join(directory, 'registry');
  const registry = new FileRegistry(registryDirectory);
  await ensureChampion(registry, new Date(systemClock.now()).toISOString());
  const stateDirectory = join(directory, 'state');
  mkdirSync(stateDirectory);
  return {
    connection,
    topics,
    directory,
    stateDirectory,
    registryDirectory,
    brokerPid: broker.pid,
    champion: async () => createChampion((await loadAlias(registry, 'champion')).version),
    fill: async (chunks) => {
      const producer = await createProducer({ connection });
      const pace = { kind: 'unlimited' } as const;
      const sent = sendLines(chunks, { producer, topics, pace, clock: systemClock, source: 'rig' });
      return sent.finally(() => producer.close());
    },
    startScorer: (settings = {}) =>
      startServiceChild(
        'stream-scorer',
        {
          FRAUD_KAFKA_BROKERS: broker.brokers.join(','),
          FRAUD_STATE_DIRECTORY: stateDirectory,
          FRAUD_REGISTRY_DIRECTORY: registryDirectory,
          FRAUD_CLOCK: 'event-time',
          // glibc keeps memory per thread that asked for it: threads of encoders that come and go leave it spread over many arenas.
          MALLOC_ARENA_MAX: '2',
          ...settings,
        },
        join(directory, 'scorer.log'),
      ),
    untilCaughtUp: async (scorer) => {
      for (;;) {
        const answer = await fetch(`http://127.0.0.1:${scorer.operationsPort}/readyz`);
        const { ready, lag }: { ready: boolean; lag: number } = JSON.parse(await answer.text());
        if (ready && lag === 0) return;
        await Promise.race([wait(POLL_MS), scorer.failed]);
      }
    },
    close: async () => {
      await broker.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Clock ticks per second of /proc on Linux. */
const TICKS = 100;

/** Processor time in seconds of a process, and of its main thread; undefined where there is no /proc. */
export function readProcessorSeconds(
  pid: number,
): { readonly all: number; readonly mainThread: number } | undefined {
  const secondsOf = (file: string) => {
    const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  };
  if (!existsSync(`/proc/${pid}/stat`)) return undefined;
  return { all: secondsOf(`/proc/${pid}/stat`), mainThread: secondsOf(`/proc/${pid}/task/${pid}/stat`) };
}

/** Memory of a process in MB: all that is resident, and what of it is its own (no mapped files). */
export interface ResidentMemory {
  readonly all: number;
  readonly own: number;
}

/** Undefined where there is no /proc. */
export function readResidentMemory(pid: number): ResidentMemory | undefined {
  if (!existsSync(`/proc/${pid}/status`)) return undefined;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytesOf = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { all: megabytesOf('VmRSS'), own: megabytesOf('RssAnon') };
}

// test/bench/shadow-run.ts: one run of the scorer beside some challengers: a filled topic worked off, then payments at a set pace; on topics and state of its own.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { topicsWithPrefix } from '../../schemas/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { createTopics, openAdmin } from '../../shared/kafka/admin.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import type { MappedLine } from '../../shared/replay/read-mapped.ts';
import { sendLines } from '../../shared/replay/send-lines.ts';
import { readProcessorSeconds, type StreamRig } from '../support/stream-rig.ts';

export interface ShadowRun {
  readonly decisionsPerSecond: number;
  /** From the record's timestamp to the decision's, at the set pace. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the scorer's process while it worked off the filled topic, per transaction. */
  readonly mainThreadMicros: number;
  readonly otherThreadsMicros: number;
  readonly scored: number;
  readonly dropped: number;
  readonly failed: number;
}

export interface ShadowRunOptions {
  readonly rig: StreamRig;
  readonly name: string;
  readonly partitions: number;
  /** Worked off as fast as it goes. */
  readonly backlog: readonly (readonly MappedLine[])[];
  readonly paced: readonly (readonly MappedLine[])[];
  /** Decided on the way; 0 leaves the paced part out. */
  readonly perSecond: number;
  /** Versions to shadow with; they must be in the rig's registry. */
  readonly shadows: readonly string[];
  readonly hasOwnEncoder: boolean;
  readonly warmState: string;
}

/** Start and end of the measured part, as shares of all decisions: without the start and the tail. */
const MEASURED = [0.1, 0.9] as const;
const POLL_MS = 100;

async function* toAsync(chunks: readonly (readonly MappedLine[])[]) {
  yield* chunks;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

/** Times of records by transaction id. */
async function readTimes(rig: StreamRig, topic: string): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  await scanTopic(rig.connection, topic, await readTopicEnds(rig.connection, topic), (records) => {
    for (const { value, timestampMs } of records) {
      const { transactionId }: { transactionId: string } = JSON.parse(Buffer.from(value ?? []).toString());
      if (!times.has(transactionId)) times.set(transactionId, timestampMs);
    }
  });
  return times;
}

async function readCount(port: number, result: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(new RegExp(`fraud_shadow_scores_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

const idsOf = (chunks: readonly (readonly MappedLine[])[]): string[] =>
  chunks.flat().flatMap((line) => (line.kind === 'transaction' ? [line.transaction.transactionId] : []));

/** Topics and state are removed at the end: a run leaves nothing to the next one. */
export async function runShadowed(options: ShadowRunOptions): Promise<ShadowRun> {
  const { rig, name, partitions, backlog, paced, perSecond, shadows, warmState } = options;
  const topics = topicsWithPrefix(`${name}-`);
  const stateDirectory = join(rig.directory, `state-${name}`);
  // LMDB's file is as large as its map, and nearly all of it a hole: cpSync would write 64 GB of zeros.
  execFileSync('cp', ['-r', '--sparse=always', warmState, stateDirectory]);
  await createTopics(rig.connection, Object.values(topics), { partitions });
  const producer = await createProducer({ connection: rig.connection });
  const send = (chunks: readonly (readonly MappedLine[])[], pace: Parameters<typeof sendLines>[1]['pace']) =>
    sendLines(toAsync(chunks), { producer, topics, pace, clock: systemClock, source: 'bench' });
  try {
    await send(backlog, { kind: 'unlimited' });
    const scorer = await rig.startScorer({
      FRAUD_KAFKA_TOPIC_PREFIX: `${name}-`,
      FRAUD_KAFKA_GROUP_ID: `bench-${name}`,
      FRAUD_STATE_DIRECTORY: stateDirectory,
      FRAUD_SHADOW_VERSIONS: shadows.join(','),
      FRAUD_SHADOW_ENCODER_SHARE: '0.1',
    });
    const before = readProcessorSeconds(scorer.pid);
    await rig.untilCaughtUp(scorer);
    const after = readProcessorSeconds(scorer.pid);
    if (options.hasOwnEncoder) await untilLogged(rig, 'the encoder of a challenger runs');
    if (perSecond > 0) {
      await send(paced, { kind: 'rate', perSecond });
      await rig.untilCaughtUp(scorer);
    }
    const [scored, dropped, failed] = await Promise.all(
      ['scored', 'dropped', 'failed'].map((result) => readCount(scorer.operationsPort, result)),
    );
    await scorer.stop();
    const count = idsOf(backlog).length;
    const toMicros = (seconds: number) => (seconds * 1e6) / count;
    const mainThread = (after?.mainThread ?? Number.NaN) - (before?.mainThread ?? Number.NaN);
    const all = (after?.all ?? Number.NaN) - (before?.all ?? Number.NaN);
    return {
      ...(await measureTimes(options, topics.transactions.name, topics.decisions.name)),
      mainThreadMicros: toMicros(mainThread),
      otherThreadsMicros: toMicros(all - mainThread),
      scored,
      dropped,
      failed,
    };
  } finally {
    await producer.close();
    const admin = await openAdmin(rig.connection);
    await admin.deleteTopics(Object.values(topics).map((topic) => topic.name));
    await admin.close();
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

async function untilLogged(rig: StreamRig, text: string): Promise<void> {
  while (!readFileSync(join(rig.directory, 'scorer.log'), 'utf8').includes(text)) await wait(POLL_MS);
}

async function measureTimes(
  { rig, backlog, paced, perSecond }: ShadowRunOptions,
  input: string,
  output: string,
) {
  const sent = await readTimes(rig, input);
  const decided = await readTimes(rig, output);
  const drained = idsOf(backlog)
    .flatMap((id) => decided.get(id) ?? [])
    .sort((one, other) => one - other);
  const [from = 0, until = 0] = MEASURED.map((share) => Math.floor(share * (drained.length - 1)));
  const spanMs = (drained[until] ?? 0) - (drained[from] ?? 0);
  const latencies = (perSecond > 0 ? idsOf(paced) : [])
    .flatMap((id) => {
      const [begun, ended] = [sent.get(id), decided.get(id)];
      return begun === undefined || ended === undefined ? [] : [ended - begun];
    })
    .sort((one, other) => one - other);
  return {
    decisionsPerSecond: ((until - from) * 1000) / Math.max(1, spanMs),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

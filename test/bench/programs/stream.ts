// test/bench/programs/stream.ts: `npm run bench -- stream [transactions] [partitions] [other cards in the store]`: Kafka → decision, divided by bare ONNX Runtime on the same graph and row lengths, in one run.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadWarmUp } from '../../../infra/local/load-warm-up.ts';
import { parseOptions } from '../../../infra/local/options.ts';
import { createTraffic } from '../../../infra/local/traffic.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { auditTopics } from '../../../shared/kafka/audit.ts';
import { headerText } from '../../../shared/kafka/records.ts';
import { readTopicEnds, scanTopic } from '../../../shared/kafka/scan-topic.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import {
  createStreamRig,
  readProcessorSeconds,
  readResidentMemory,
  type StreamRig,
} from '../../support/stream-rig.ts';
import type { BenchReport } from '../bench-report.ts';
import { measureDecisionRate } from '../decision-rate.ts';
import { measureBareEncoder } from '../encoder.ts';
import { fillWithCards } from '../state-store.ts';

const DEFAULT_TRANSACTIONS = 60_000;
const DEFAULT_PARTITIONS = 6;
/** The cards that only lie in the store: a year's worth for somebody who pays once a month. */
const OTHER_EVENTS_PER_CARD = 12;
const OTHER_MERCHANTS = 2_000;
/** A fixed day: the same traffic in every run. */
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');

async function* take(
  lines: AsyncIterable<readonly MappedLine[]>,
  limit: number,
): AsyncGenerator<readonly MappedLine[]> {
  let transactions = 0;
  for await (const chunk of lines) {
    if (transactions >= limit) return;
    transactions += chunk.filter(({ kind }) => kind === 'transaction').length;
    yield chunk;
  }
}

/** Events per scored context, read off the training rows. */
async function readEventCounts({ connection, topics }: StreamRig): Promise<number[]> {
  const counts: number[] = [];
  const topic = topics.trainingRows.name;
  await scanTopic(connection, topic, await readTopicEnds(connection, topic), (records) => {
    for (const { value, headers } of records) {
      if (headerText(headers, 'fraud_decided') === 'false') continue;
      const { context }: { context: string } = JSON.parse(Buffer.from(value ?? []).toString());
      counts.push(Buffer.byteLength(context, 'base64') / EVENT_BYTES);
    }
  });
  return counts;
}

interface Used {
  readonly all: number;
  readonly mainThread: number;
}

const difference = (before: Used | undefined, after: Used | undefined): Used => ({
  all: (after?.all ?? Number.NaN) - (before?.all ?? Number.NaN),
  mainThread: (after?.mainThread ?? Number.NaN) - (before?.mainThread ?? Number.NaN),
});

/** Lets the scorer work off the filled topic; processor time by process while it does. */
async function runScorer(rig: StreamRig) {
  const scorer = await rig.startScorer();
  const before = {
    scorer: readProcessorSeconds(scorer.pid),
    broker: readProcessorSeconds(rig.brokerPid ?? 0),
  };
  await rig.untilCaughtUp(scorer);
  const after = {
    scorer: readProcessorSeconds(scorer.pid),
    broker: readProcessorSeconds(rig.brokerPid ?? 0),
  };
  const resident = readResidentMemory(scorer.pid);
  await scorer.stop();
  return {
    scorer: difference(before.scorer, after.scorer),
    broker: difference(before.broker, after.broker),
    resident,
  };
}

/** Fills the topics, scores them, measures the bare encoder afterwards on the same row lengths. */
export async function measure(options: readonly string[]): Promise<BenchReport> {
  const wanted = Number(options[0] ?? DEFAULT_TRANSACTIONS);
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const rig = await createStreamRig(Number(options[1] ?? DEFAULT_PARTITIONS));
  try {
    const champion = await rig.champion();
    const traffic = createTraffic(parseOptions(['--seed', '11']), NOW_MS);
    const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
    await loadWarmUp({ traffic, champion, stateDirectory: join(rig.directory, 'state'), say });
    const cards = Number(options[2] ?? 0);
    if (cards > 0) say(`Writing ${cards} other cards into the store …`);
    const load = { cards, merchants: OTHER_MERCHANTS, eventsPerCard: OTHER_EVENTS_PER_CARD };
    const bytesPerCard = cards > 0 ? await fillWithCards(rig.stateDirectory, load) : undefined;
    const filled = await rig.fill(take(traffic.live(), wanted));
    say(`${filled.transactions} transactions and ${filled.outcomes} outcomes on the topics; scoring …`);
    const used = await runScorer(rig);
    const audit = await auditTopics(rig);
    const { perSecond } = await measureDecisionRate(rig);
    const bare = await measureBareEncoder({
      encoderModel: champion.encoderParts.encoderModel,
      eventCounts: await readEventCounts(rig),
    });
    const perTransaction = (seconds: number) => Math.round((seconds * 1e7) / filled.transactions) / 10;
    const figures = {
      transactions: filled.transactions,
      conserved: audit.conserved,
      decisions: audit.decisions,
      decisionsPerSecond: Math.round(perSecond),
      bareRowsPerSecond: Math.round(bare.rowsPerSecond),
      ratio: Math.round((perSecond / bare.rowsPerSecond) * 1000) / 1000,
      microsecondsPerTransaction: {
        broker: perTransaction(used.broker.all),
        mainThread: perTransaction(used.scorer.mainThread),
        otherThreads: perTransaction(used.scorer.all - used.scorer.mainThread),
      },
      residentMegabytes: Math.round(used.resident?.all ?? Number.NaN),
      ownMegabytes: Math.round(used.resident?.own ?? Number.NaN),
      otherCards: cards,
      bytesPerCardOnDisk: bytesPerCard === undefined ? undefined : Math.round(bytesPerCard),
      lengths: bare.lengths.map(({ length, share, bestBatch, rowsPerSecond }) => ({
        length,
        share,
        bestBatch,
        rowsPerSecond,
      })),
    };
    const { broker, mainThread, otherThreads } = figures.microsecondsPerTransaction;
    const table = [
      { what: 'Kafka → decision, per second', value: figures.decisionsPerSecond },
      { what: 'bare ONNX Runtime, rows per second', value: figures.bareRowsPerSecond },
      { what: 'ratio', value: figures.ratio },
      { what: 'processor µs per transaction: broker', value: broker },
      { what: 'processor µs per transaction: main thread', value: mainThread },
      { what: 'processor µs per transaction: workers and other threads', value: otherThreads },
      { what: 'resident memory of the scorer, MB', value: figures.residentMegabytes },
      { what: '… of it without mapped files, MB', value: figures.ownMegabytes },
      ...(figures.bytesPerCardOnDisk === undefined
        ? []
        : [{ what: `bytes on disk per card, ${cards} others`, value: figures.bytesPerCardOnDisk }]),
      { what: audit.conserved ? 'conserved; decisions' : 'NOT CONSERVED; decisions', value: audit.decisions },
    ];
    return { table, figures };
  } finally {
    await rig.close();
  }
}

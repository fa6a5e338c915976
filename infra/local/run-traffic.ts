// infra/local/run-traffic.ts: sends the traffic at its rate, shows what comes out, and waits until the scorer has caught up.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { TopicTable } from '../../schemas/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { isDecided } from '../../shared/domain/transaction.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { MappedLine } from '../../shared/replay/read-mapped.ts';
import { sendLines } from '../../shared/replay/send-lines.ts';
import type { Champion } from '../../shared/scoring/champion.ts';
import { createView } from './live-view.ts';
import type { Observer } from './observer.ts';
import type { DemonstrationOptions } from './options.ts';
import type { ServiceChild } from './service-child.ts';
import type { Traffic } from './traffic.ts';

export interface TrafficParts {
  readonly options: DemonstrationOptions;
  readonly place: { readonly directory: string };
  readonly connection: KafkaConnection;
  readonly topics: TopicTable;
  readonly traffic: Traffic;
  readonly scorer: ServiceChild;
  readonly observer: Observer;
  readonly champion: Champion;
  readonly say: (sentence: string) => void;
}

/** When traffic began and ended, and what the scorer said of itself. */
export interface TrafficRun {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly provider: string;
}

interface Readiness {
  readonly lag: number;
  readonly provider: string;
}

const FRAME_MS = 500;
const CATCH_UP_LIMIT_MS = 120_000;

async function askScorer({ operationsPort }: ServiceChild): Promise<Readiness> {
  const answer = await fetch(`http://127.0.0.1:${operationsPort}/readyz`);
  const { lag = 0, provider = '?' }: Partial<Readiness> = JSON.parse(await answer.text());
  return { lag, provider };
}

/** How many live lines earlier runs on the same kept state have sent. */
function readKept(file: string, seed: number): number {
  if (!existsSync(file)) return 0;
  const kept: { seed: number; sent: number } = JSON.parse(readFileSync(file, 'utf8'));
  return kept.seed === seed ? kept.sent : 0;
}

/** Lines from the place where an earlier run stopped, each noted as it is taken. */
async function* noteLines(parts: TrafficParts, skip: number): AsyncGenerator<readonly MappedLine[]> {
  let seen = 0;
  for await (const lines of parts.traffic.live()) {
    const fresh = lines.slice(Math.max(0, skip - seen));
    seen += lines.length;
    for (const line of fresh) {
      if (line.kind === 'transaction') {
        const { transaction, label } = line;
        parts.observer.noteSent(transaction.transactionId, isDecided(transaction) && label === 'fraud');
      } else parts.observer.noteOutcomes(1);
      yield [line];
    }
  }
}

/** Draws frames until told to stop; without a view it only keeps the readiness fresh. */
function startFrames(
  parts: TrafficParts,
  fromMs: number,
): { readonly latest: () => Readiness; stop(): Promise<void> } {
  const view = parts.options.json ? undefined : createView();
  const abort = new AbortController();
  let latest: Readiness = { lag: 0, provider: '?' };
  let decisionsBefore = 0;
  const loop = async () => {
    while (!abort.signal.aborted) {
      latest = await askScorer(parts.scorer).catch(() => latest);
      const observed = parts.observer.observed();
      const perSecond = ((observed.decisions - decisionsBefore) * 1000) / FRAME_MS;
      decisionsBefore = observed.decisions;
      view?.draw({
        observed,
        perSecond,
        seconds: (systemClock.now() - fromMs) / 1000,
        lag: latest.lag,
        precision: parts.observer.precision(),
        model: parts.champion.manifest.modelVersion,
        provider: latest.provider,
      });
      await wait(FRAME_MS, undefined, { signal: abort.signal }).catch(() => {});
    }
  };
  const running = loop();
  return {
    latest: () => latest,
    stop: async () => {
      abort.abort();
      await running;
      view?.done();
    },
  };
}

/** Until lag is 0 and nothing more comes out; gives up after two minutes and lets the audit say what is missing. */
async function catchUp({ scorer, observer, say }: TrafficParts): Promise<void> {
  const limit = systemClock.now() + CATCH_UP_LIMIT_MS;
  let before = -1;
  while (systemClock.now() < limit) {
    const { lag } = await askScorer(scorer);
    const { decisions, deadLetters } = observer.observed();
    if (lag === 0 && decisions + deadLetters === before) return;
    before = lag === 0 ? decisions + deadLetters : -1;
    await Promise.race([wait(FRAME_MS), scorer.failed]);
  }
  say('The scorer did not catch up within two minutes.');
}

/** Ends after `--seconds`, at the end of the file, or on Ctrl-C. */
export async function runTraffic(parts: TrafficParts): Promise<TrafficRun> {
  const { options, connection, topics, traffic, scorer, place } = parts;
  let isAsked = false;
  const ask = () => {
    isAsked = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, ask);
  const producer = await createProducer({ connection });
  const keptFile = join(place.directory, 'sent.json');
  const skip = options.keep ? readKept(keptFile, options.seed) : 0;
  const fromMs = systemClock.now();
  const frames = startFrames(parts, fromMs);
  const isStopped = () =>
    isAsked || (options.seconds !== undefined && systemClock.now() - fromMs >= options.seconds * 1000);
  try {
    const sending = sendLines(noteLines(parts, skip), {
      producer,
      topics,
      source: traffic.source,
      clock: systemClock,
      pace: { kind: 'rate', perSecond: options.rate },
      isStopped,
    });
    const counts = await Promise.race([sending, scorer.failed]);
    const untilMs = systemClock.now();
    if (options.keep) {
      const sent = skip + counts.transactions + counts.outcomes;
      writeFileSync(keptFile, JSON.stringify({ seed: options.seed, sent }));
    }
    await catchUp(parts);
    const { provider } = await askScorer(scorer);
    return { fromMs, untilMs, provider };
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, ask);
    await frames.stop();
    await producer.close();
  }
}

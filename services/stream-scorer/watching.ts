// services/stream-scorer/watching.ts: once a second: the champion followed, lag and queue into metrics, progress judged; now and then old decisions are forgotten.
import type { Clock } from '../../shared/clock.ts';
import type { Encoder } from '../../shared/encoder/encoder.ts';
import { AppError } from '../../shared/errors.ts';
import type { Consumer } from '../../shared/kafka/consumer.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import type { LiveModel } from '../../shared/scoring/live-model.ts';
import type { ProgressWatch } from './progress-watch.ts';

const PRUNE_EVERY_MS = 10 * 60_000;
const OBSERVE_EVERY_MS = 1_000;
/** Looks without a well encoder after which none is hoped for any more; one starts in seconds. */
const UNWELL_LOOKS = 30;

/** Records behind over all owned partitions. */
export function lagOf(consumer: Consumer): bigint {
  return consumer.progress().reduce((sum, { lag }) => sum + lag, 0n);
}

export interface Watched {
  readonly consumer: Consumer;
  readonly watch: ProgressWatch;
  readonly metrics: ScorerMetrics;
  readonly model: Pick<LiveModel, 'look'> & {
    current(): { readonly encoder: Pick<Encoder, 'queuedPositions'> & { isHealthy(): boolean } };
  };
  readonly store: { pruneDecisions(nowMs: number): Promise<number> };
  readonly clock: Clock;
  readonly topic: string;
}

/** Start it before the consumer: a member that never joins is a stall, too. `failed` rejects on a stall, or when no encoder could be started for a lost one: the process then ends and is restarted. */
export function startWatching(watched: Watched): { readonly failed: Promise<never>; stop(): void } {
  const { consumer, watch, metrics, model, store, clock, topic } = watched;
  const timers: NodeJS.Timeout[] = [];
  let counted = 0;
  let unwell = 0;
  const failed = new Promise<never>((_resolve, reject) => {
    const observe = () => {
      const position = consumer.progress().reduce((sum, one) => sum + one.position, 0n);
      const lag = lagOf(consumer);
      const health = consumer.health();
      watch.observe({ position, lag, ...health });
      metrics.retries.inc(health.retries - counted);
      counted = health.retries;
      metrics.lag.set({ topic }, Number(lag));
      const { encoder } = model.current();
      metrics.queuedPositions.set(encoder.queuedPositions());
      const why = watch.whyNotAlive();
      if (why) reject(new AppError('FRAUD_CONSUMER_STALLED', { detail: why }));
      unwell = encoder.isHealthy() ? 0 : unwell + 1;
      if (unwell > UNWELL_LOOKS)
        reject(new AppError('FRAUD_ENCODER_FAILED', { detail: 'None starts for the one lost.' }));
      void model.look();
    };
    timers.push(setInterval(observe, OBSERVE_EVERY_MS));
    timers.push(setInterval(() => store.pruneDecisions(clock.now()).catch(reject), PRUNE_EVERY_MS));
  });
  return {
    failed,
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

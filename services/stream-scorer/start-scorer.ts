// services/stream-scorer/start-scorer.ts: builds and starts every part of the scorer inside one scope.
import { type Clock, systemClock } from '../../shared/clock.ts';
import { defaultEdgeSettings } from '../../shared/edge/edge-settings.ts';
import { erasuresDirectoryOf, openTombstones, type Tombstones } from '../../shared/erasure/tombstones.ts';
import type { AppError } from '../../shared/errors.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { type Consumer, createConsumer } from '../../shared/kafka/consumer.ts';
import { followModelEvents } from '../../shared/kafka/model-events.ts';
import { createProducer, type Producer } from '../../shared/kafka/producer.ts';
import { nameTopics, type TopicNames } from '../../shared/kafka/topic-names.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { createScorerMetrics, type ScorerMetrics } from '../../shared/observability/metrics.ts';
import { followRules } from '../../shared/rules/live-rules.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { type ChunkRouter, createChunkRouter } from './chunk-router.ts';
import type { ScorerSettings } from './config.ts';
import { createOutputWriter } from './outputs.ts';
import { createTransactionPipeline } from './pipeline.ts';
import { createProgressWatch } from './progress-watch.ts';
import { startReleasingEvidence } from './release-evidence.ts';
import { createReplayClock, type FollowingClock, toFollowingClock } from './replay-clock.ts';
import { createForgetAcknowledged, createResendOutbox, startForgetting } from './resend-outbox.ts';
import { startOperations } from './start-operations.ts';
import { type Scoring, startScoring } from './start-scoring.ts';
import { startShadow } from './start-shadow.ts';
import { createMarkOutcomesStep } from './steps/mark-outcomes.ts';
import { type AcknowledgedEntries, createAcknowledgedEntries } from './steps/store-decisions.ts';
import { createTimed } from './timed.ts';
import { startWatching } from './watching.ts';

const HOUR_MS = 3_600_000;

export interface StartOptions {
  readonly settings: ScorerSettings;
  readonly log: Logger;
  readonly scope: Scope;
  /** Wall clock; decisions follow it unless FRAUD_CLOCK=event-time. */
  readonly clock: Clock;
}

/** A scorer that runs. */
export interface RunningScorer {
  /** Rejects when the scorer cannot go on; never resolves. */
  readonly failed: Promise<never>;
  counts(): Record<string, number>;
  readonly operationsPort: number;
}

interface Parts {
  readonly settings: ScorerSettings;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  readonly topicNames: TopicNames;
  readonly connection: KafkaConnection;
  readonly clock: FollowingClock;
  readonly store: StateStore;
  readonly producer: Producer;
  readonly scoring: Scoring;
  readonly acknowledged: AcknowledgedEntries;
  readonly erasures: Tombstones;
}

/** Transactions through the pipeline, outcomes into the histories. */
async function buildRouter({
  settings,
  log,
  metrics,
  topicNames,
  clock,
  store,
  producer,
  scoring,
  connection,
  acknowledged,
  erasures,
  scope,
}: Parts & Pick<StartOptions, 'scope'>): Promise<ChunkRouter> {
  const { scorer } = scoring;
  await followRules({ settings, log, metrics, scorer, scope });
  const shadowed = { settings, log, metrics, connection, topicNames, model: scoring.model, scope };
  const shadow = await startShadow(shadowed);
  const outputs = createOutputWriter(topicNames);
  const retention = {
    quietMs: settings.decisionRetentionHours * HOUR_MS,
    alertedMs: settings.alertRetentionDays * 24 * HOUR_MS,
  };
  const shared = {
    clock,
    edge: { ...defaultEdgeSettings, idRule: settings.idRule },
    store,
    producer,
    metrics,
    erasures,
  };
  return createChunkRouter({
    transactionsTopic: topicNames.transactions,
    clock,
    metrics,
    runTransactions: createTransactionPipeline(
      {
        ...shared,
        acknowledged,
        scorer,
        shadow,
        outputs,
        retention,
        explainedShare: settings.explainedShare,
      },
      createTimed(metrics),
    ),
    markOutcomes: createMarkOutcomesStep({ ...shared, deadLetterTopic: topicNames.deadLetters }),
  });
}

function buildConsumer(
  { settings, log, topicNames, connection, store, producer, acknowledged, erasures }: Parts,
  router: ChunkRouter,
): Consumer {
  return createConsumer({
    connection,
    groupId: settings.groupId,
    topics: [topicNames.transactions, topicNames.outcomes],
    onChunk: router.onChunk,
    maxChunkRecords: settings.chunkRecords,
    bufferedRecords: settings.bufferedRecords,
    aligned: settings.aligned,
    stateOffset: (topic, partition) => store.readInputOffset(topic, partition),
    stateGap: settings.stateGap,
    onAssigned: createResendOutbox({ store, producer, log, erasures, topicNames }),
    onRevoked: createForgetAcknowledged({ store, acknowledged, log }),
  });
}

/** State, model and producer: what must stand before anything is read. */
async function startParts({ settings, log, scope, clock }: StartOptions): Promise<Parts> {
  const metrics = createScorerMetrics();
  const topicNames = nameTopics(settings.topicPrefix);
  const brokers = settings.kafkaBrokers.split(',').map((broker) => broker.trim());
  const connection: KafkaConnection = { brokers, clientId: 'stream-scorer', log };
  const store = await scope.start(
    'state store',
    () => createLmdbStateStore({ directory: settings.stateDirectory }),
    (part) => part.close(),
  );
  const scoringClock = settings.clock === 'event-time' ? createReplayClock() : toFollowingClock(clock);
  const announcing = {
    connection,
    topic: topicNames.modelEvents,
    onFailure: (error: AppError) => log.warn({ err: error }, 'a move was not announced'),
  };
  const scoring = await startScoring({ settings, log, metrics, scope, clock: scoringClock, announcing });
  const producer = await scope.start(
    'producer',
    () => createProducer({ connection, maxBatchBytes: topicNames.maxBatchBytes }),
    (part) => part.close(),
  );
  const acknowledged = createAcknowledgedEntries();
  const erasures = openTombstones(erasuresDirectoryOf(settings));
  const built = { settings, log, metrics, topicNames, connection, store, producer, scoring, acknowledged };
  return { ...built, erasures, clock: scoringClock };
}

/** Starts in order; when one part fails, the ones before it are stopped and the error goes on. */
export async function startScorer(options: StartOptions): Promise<RunningScorer> {
  const { settings, log, scope } = options;
  const parts = await startParts(options);
  const router = await buildRouter({ ...parts, scope });
  const consumer = buildConsumer(parts, router);
  const watch = createProgressWatch(systemClock, settings.stallSeconds * 1000);
  let isAssigned = false;
  const operations = await scope.start(
    'operations server',
    () =>
      startOperations(
        { ...parts, model: parts.scoring.model, consumer, watch, isAssigned: () => isAssigned },
        settings.operationsPort,
      ),
    (part) => part.close(),
  );
  const watching = await scope.start(
    'watch',
    () =>
      startWatching({
        ...parts,
        model: parts.scoring.model,
        consumer,
        watch,
        topic: parts.topicNames.transactions,
      }),
    (part) => part.stop(),
  );
  const failed = Promise.race([consumer.failed, watching.failed]);
  await scope.start(
    'consumer',
    () => Promise.race([consumer.start(), failed]),
    () => consumer.stop(),
  );
  isAssigned = true;
  await scope.start(
    'parked evidence',
    () => startReleasingEvidence(parts),
    (part) => part.stop(),
  );
  await scope.start(
    'model events',
    () =>
      followModelEvents({
        ...parts,
        topic: parts.topicNames.modelEvents,
        onHint: () => void parts.scoring.model.look(),
      }),
    (part) => part.stop(),
  );
  await scope.start(
    'forgetting',
    () => startForgetting(createForgetAcknowledged(parts)),
    (part) => part.stop(),
  );
  log.info({ operationsPort: operations.port, topic: parts.topicNames.transactions }, 'ready');
  return {
    failed,
    counts: router.counts,
    operationsPort: operations.port,
  };
}

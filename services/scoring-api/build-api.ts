// services/scoring-api/build-api.ts: the parts of the API wired by hand around a store and a model; nothing listens and nothing connects yet.
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { topics } from '../../schemas/topics.ts';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { type AuditLog, createAuditLog } from '../../shared/access/audit-log.ts';
import { createKeyStore, type KeyStore } from '../../shared/access/key-store.ts';
import { createTokenVerifier, type TokenVerifier } from '../../shared/access/token-verifier.ts';
import { type AnswerStore, createAnswerStore } from '../../shared/answers/answer-store.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CreditScorer } from '../../shared/credit/credit-scorer.ts';
import { defaultEdgeSettings, type EdgeSettings } from '../../shared/edge/edge-settings.ts';
import { openPendingErasures } from '../../shared/erasure/pending-erasures.ts';
import { erasuresDirectoryOf, openTombstones } from '../../shared/erasure/tombstones.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import { nameTopics } from '../../shared/kafka/topic-names.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { followRules, type LiveRules } from '../../shared/rules/live-rules.ts';
import { watchCalls } from '../../shared/scoring/calls-under-way.ts';
import type { Canary } from '../../shared/scoring/canary.ts';
import { createScorer, type ScoringModel } from '../../shared/scoring/scorer.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { type ApiMetrics, createApiMetrics } from './api-metrics.ts';
import { createApi } from './app.ts';
import { eraseArchivedRows } from './archived-rows.ts';
import { behindBreaker } from './behind-breaker.ts';
import type { ApiSettings } from './config.ts';
import { createCardEraser } from './erase-card.ts';
import { createEvaluate } from './evaluate.ts';
import { createExplainAnswer } from './explain-answer.ts';
import { buildIntake } from './outcome-evidence.ts';
import { createRecallAnswer } from './recall-answer.ts';
import { createRecorder } from './recorder.ts';
import { createRelay, type Relay } from './relay.ts';
import { createScoreMany } from './score-many.ts';
import { createScoreOnce } from './score-once.ts';

const HOUR_MS = 3_600_000;

export interface BuildOptions {
  readonly settings: ApiSettings;
  readonly clock: Clock;
  readonly scope: Scope;
  readonly log: Logger;
  readonly store: StateStore;
  readonly model: ScoringModel;
  /** Lets the challenger decide for a share of the cards, the ones for which it decides in the stream. */
  readonly canary?: Canary | undefined;
  /** Shown with readiness. */
  readonly facts: () => Readonly<Record<string, unknown>>;
  /** Connects to the broker; asked when the first record is to be sent. */
  readonly openProducer: () => Promise<Producer>;
  /** Absent: no credit version is installed. */
  readonly credit?: Pick<CreditScorer, 'assess'> | undefined;
  readonly metrics?: ApiMetrics;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
}

/** What a process (or a test) does with the API beside calling it. */
export interface ApiCore {
  readonly server: FastifyInstance;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly store: StateStore;
  /** Undefined without a broker. */
  readonly relay: Relay | undefined;
  /** Another model answers from the next request on. Resolves when no request uses the one before any more. */
  replaceModel(model: ScoringModel): Promise<void>;
  /** Lists and rules beside the model. */
  readonly rules: LiveRules;
  /** Forgets answers and decisions whose time is over. */
  prune(): Promise<void>;
  /** Completes erasures that a killed process began. Returns how many. */
  resumeErasures(): Promise<number>;
  /** Sends parked outcomes whose payment has come since. */
  releaseEvidence(): Promise<void>;
}

function toTokens(settings: ApiSettings): TokenVerifier | undefined {
  const { tokenIssuer: issuer, tokenAudience: audience, tokenKeysUrl: jwksUrl } = settings;
  if (!issuer || !audience || !jwksUrl) return undefined;
  const refetchAfterMs = settings.tokenRefetchSeconds * 1_000;
  return createTokenVerifier({
    issuer,
    audience,
    jwksUrl,
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    refetchAfterMs,
  });
}

async function openApiStores({ settings, scope, clock }: BuildOptions) {
  const close = (part: { close(): Promise<void> }) => part.close();
  const access = await scope.start(
    'keys and audit log',
    () => openAccessTables(join(settings.apiDirectory, 'access')),
    close,
  );
  const answers = await scope.start(
    'kept answers',
    () => createAnswerStore(join(settings.apiDirectory, 'answers')),
    close,
  );
  return { keys: createKeyStore(access, clock), audit: createAuditLog(access, clock), answers };
}

/** Of the topics that hold card tokens. */
function longestRetentionDays(): number {
  const holding = Object.values(topics).filter(({ holdsCardTokens }) => holdsCardTokens);
  return Math.max(...holding.map(({ retentionDays }) => retentionDays));
}

/** What scores: the one scorer behind the circuit, and recording where there is a broker. */
async function buildScoring(
  options: BuildOptions & { readonly metrics: ApiMetrics; readonly edge: EdgeSettings },
  answers: AnswerStore,
) {
  const { settings, clock, scope, log, store, metrics, edge } = options;
  const scorer = createScorer({
    ...behindBreaker(options.model, options, metrics),
    clock,
    canary: options.canary,
  });
  const calls = watchCalls(scorer);
  const rules = await followRules({ ...options, scorer });
  const tombstones = openTombstones(erasuresDirectoryOf(settings));
  const relay = settings.kafkaBrokers
    ? await scope.start(
        'relay',
        () => createRelay({ ...options, log, tombstones }),
        (part) => part.close(),
      )
    : undefined;
  const retention = {
    quietMs: settings.decisionRetentionHours * HOUR_MS,
    alertedMs: settings.alertRetentionDays * 24 * HOUR_MS,
  };
  const topicNames = nameTopics(settings.topicPrefix);
  const recorder =
    relay && createRecorder({ store, relay, topics: topicNames, retention, clock, tombstones });
  const evaluate = createEvaluate({ scorer: calls, store, metrics });
  const recall = createRecallAnswer({ store, answers, clock, metrics, tombstones });
  return {
    scorer,
    calls,
    rules,
    relay,
    tombstones,
    evidence: await buildIntake({ ...options, relay, topic: topicNames.outcomes, tombstones }),
    explainAnswer: createExplainAnswer({ scorer: calls, store }),
    scoreOnce: createScoreOnce({ evaluate, recall, recorder, metrics }),
    scoreMany: createScoreMany({ evaluate, store, recorder, clock, edge, metrics }),
  };
}

export async function buildApi(options: BuildOptions): Promise<ApiCore> {
  const { settings, clock, log, store, metrics = createApiMetrics() } = options;
  const { keys, audit, answers } = await openApiStores(options);
  const edge = { ...defaultEdgeSettings, idRule: settings.idRule };
  const scoring = await buildScoring({ ...options, metrics, edge }, answers);
  const { scorer, calls, rules, relay, tombstones, evidence } = scoring;
  const registry = new FileRegistry(settings.registryDirectory);
  const eraser = createCardEraser({
    store,
    answers,
    places: {
      'parked outcomes': evidence.eraseParked,
      ...(settings.archive && {
        'archived rows': () => eraseArchivedRows(settings.archive, tombstones),
      }),
      'records on their way': (_portfolioId, cardToken) => relay?.erase(cardToken) ?? 0,
    },
    tombstones,
    pending: openPendingErasures(erasuresDirectoryOf(settings)),
    audit,
    registry,
    clock,
    retentionDays: longestRetentionDays(),
  });
  const server = await createApi({
    access: { keys, tokens: toTokens(settings) },
    door: { ...settings, tls: options.tls },
    scoreOnce: scoring.scoreOnce,
    explainAnswer: scoring.explainAnswer,
    scoreMany: scoring.scoreMany,
    answers,
    store,
    registry,
    eraseCard: eraser.eraseCard,
    intake: evidence.intake,
    credit: options.credit,
    operations: {
      whyNotReady: () => undefined,
      facts: () => ({
        modelVersion: scorer.model.champion.manifest.modelVersion,
        waitingForBroker: relay?.waiting() ?? 0,
        ...options.facts(),
      }),
    },
    metrics,
    edge,
    clock,
    log,
  });
  return {
    server,
    keys,
    audit,
    store,
    relay,
    rules,
    replaceModel: (model) => {
      scorer.replaceModel(behindBreaker(model, options, metrics));
      return calls.whenAnswered();
    },
    resumeErasures: eraser.resume,
    releaseEvidence: async () => {
      const counts = await evidence.intake?.release();
      metrics.parkedEvidence.inc({ end: 'joined' }, counts?.joined ?? 0);
      metrics.parkedEvidence.inc({ end: 'expired' }, counts?.expired ?? 0);
    },
    prune: async () => {
      await answers.prune(clock.now());
      await store.pruneDecisions(clock.now());
    },
  };
}

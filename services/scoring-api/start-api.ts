// services/scoring-api/start-api.ts: builds and starts every part of the API inside one scope: store, model, server, watch.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { type CreditScorer, createCreditScorer } from '../../shared/credit/credit-scorer.ts';
import { loadCreditVersion, shippedCreditDirectory } from '../../shared/credit/credit-version.ts';
import { followModelEvents } from '../../shared/kafka/model-events.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { nameTopics } from '../../shared/kafka/topic-names.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { MANIFEST_FILE } from '../../shared/registry/manifest.ts';
import type { Canary } from '../../shared/scoring/canary.ts';
import { createChallengerSource } from '../../shared/scoring/challenger-source.ts';
import { type LiveModel, startLiveModel } from '../../shared/scoring/live-model.ts';
import type { ScoringModel } from '../../shared/scoring/scorer.ts';
import { startCanary } from '../../shared/scoring/start-canary.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { type ApiMetrics, createApiMetrics } from './api-metrics.ts';
import { type ApiCore, buildApi } from './build-api.ts';
import type { ApiSettings } from './config.ts';
import { CONNECTION_BACKLOG } from './door.ts';

export interface StartOptions {
  readonly settings: ApiSettings;
  readonly log: Logger;
  readonly scope: Scope;
  readonly clock: Clock;
}

/** An API that listens. */
export interface RunningApi {
  /** `http://host:port`, or https. */
  readonly address: string;
  readonly core: ApiCore;
}

/** Of the encoder's threads: the event loop, which also refuses, has the processor when it wants it; they keep a third of it against one that always does. */
const ENCODER_NICENESS = 5;
const LOOK_EVERY_MS = 1_000;
/** As often as the stream looks; both may: sent twice, an outcome is the same bytes. */
const RELEASE_EVERY_MS = 2_000;
const PRUNE_EVERY_MS = 10 * 60_000;

async function readTls({ tlsCertificateFile, tlsKeyFile }: ApiSettings) {
  if (!tlsCertificateFile || !tlsKeyFile) return undefined;
  return { cert: await readFile(tlsCertificateFile), key: await readFile(tlsKeyFile) };
}

/** The credit version that is named or shipped; without either the route says that there is none. */
async function startCredit(
  { settings, scope, log }: StartOptions,
  model: Pick<LiveModel, 'current'>,
): Promise<CreditScorer | undefined> {
  const directory = settings.creditDirectory || shippedCreditDirectory;
  if (!settings.creditDirectory && !existsSync(join(directory, MANIFEST_FILE))) {
    log.warn('no credit version is installed: /v1/credit-score answers with 404');
    return undefined;
  }
  return scope.start(
    'credit scorer',
    // Limits are told in money, events are packed over the portfolio's median: both over the same one.
    () =>
      createCreditScorer(loadCreditVersion(directory), {
        referenceOf: (portfolioId) => model.current().champion.viewOf(portfolioId).reference,
      }),
    (part) => part.close(),
  );
}

function watch(core: ApiCore, model: LiveModel, log: Logger): { stop(): void } {
  const timers = [
    setInterval(() => void model.look(), LOOK_EVERY_MS),
    setInterval(() => {
      core
        .releaseEvidence()
        .catch((error: unknown) => log.error({ err: error }, 'parked outcomes wait for the next time'));
    }, RELEASE_EVERY_MS),
    setInterval(() => {
      core.prune().catch((error: unknown) => log.error({ err: error }, 'old answers could not be forgotten'));
    }, PRUNE_EVERY_MS),
  ];
  return { stop: () => timers.forEach(clearInterval) };
}

/** Where the challenger decides for some cards, it is loaded beside the champion; its shadow scores are the stream's affair. */
function startModel(
  { settings, log, scope }: StartOptions,
  parts: {
    readonly registry: FileRegistry;
    readonly metrics: ApiMetrics;
    readonly canary: Canary | undefined;
  },
  onReplace: (next: ScoringModel) => Promise<void>,
): Promise<LiveModel> {
  const { registry, metrics, canary } = parts;
  const challengers = canary && createChallengerSource({ registry, further: [], log });
  return scope.start(
    'model',
    () =>
      startLiveModel({
        settings: { ...settings, encoderNiceness: ENCODER_NICENESS },
        registry,
        log,
        metrics,
        challengers,
        onReplace,
      }),
    (part) => part.close(),
  );
}

/** Starts in order; when one part fails, the ones before it are stopped and the error goes on. */
export async function startApi(options: StartOptions): Promise<RunningApi> {
  const { settings, log, scope, clock } = options;
  const metrics = createApiMetrics();
  const tls = await readTls(settings);
  const store = await scope.start(
    'state store',
    () => createLmdbStateStore({ directory: settings.stateDirectory }),
    (part) => part.close(),
  );
  const registry = new FileRegistry(settings.registryDirectory);
  let core: ApiCore | undefined;
  const canary = startCanary({
    share: settings.canaryShare,
    registry,
    log,
    metrics,
    clock,
    by: 'scoring-api',
  });
  const model = await startModel(options, { registry, metrics, canary }, async (next) =>
    core?.replaceModel(next),
  );
  const brokers = settings.kafkaBrokers.split(',').map((broker) => broker.trim());
  const connection = { brokers, clientId: 'scoring-api', log };
  const { maxBatchBytes, modelEvents } = nameTopics(settings.topicPrefix);
  core = await buildApi({
    ...options,
    store,
    metrics,
    tls,
    model: model.current(),
    canary,
    credit: await startCredit(options, model),
    facts: model.facts,
    clock,
    openProducer: () => createProducer({ connection, maxBatchBytes }),
  });
  const { server, relay } = core;
  const completed = await core.resumeErasures();
  if (completed > 0) log.info({ erasures: completed }, 'erasures of a killed process completed');
  await relay?.resume();
  await scope.start(
    'server',
    () => server.listen({ host: settings.host, port: settings.port, backlog: CONNECTION_BACKLOG }),
    () => server.close(),
  );
  const running = core;
  await scope.start(
    'watch',
    () => watch(running, model, log),
    (part) => part.stop(),
  );
  if (settings.kafkaBrokers) {
    const onHint = () => void model.look();
    await scope.start(
      'model events',
      () => followModelEvents({ connection, topic: modelEvents, log, onHint }),
      (part) => part.stop(),
    );
  }
  const { address, port, family } = server.server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { address: `${tls ? 'https' : 'http'}://${host}:${port}`, core };
}

// services/retrainer/start-service.ts: builds and starts every part of the retrainer's service inside one scope.
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDuck } from '../../shared/archive/duck.ts';
import { openArchive } from '../../shared/archive/open-archive.ts';
import { type Clock, createSettableClock, systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { createOperationsServer } from '../../shared/http/operations.ts';
import { type JobLedger, openJobLedger } from '../../shared/jobs/job-ledger.ts';
import { ledgerDirectory, referencesDirectory, requestsDirectory } from '../../shared/jobs/job-places.ts';
import { openJobRequests } from '../../shared/jobs/job-requests.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { createJobRunner, type JobRunner } from './job-runner.ts';
import { addLookRoute, type LookParts } from './look-route.ts';
import { createRetrainerServiceMetrics, type RetrainerServiceMetrics, showDrift } from './metrics.ts';
import { runJob } from './run-job.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import type { RetrainerServiceSettings } from './service-config.ts';
import { type ArchiveWatch, createArchiveWatch, toWanted } from './watch-archive.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Counting rows of a day needs little; the job has a process of its own. */
const DUCK = { memoryLimit: '1GB', threads: 1 } as const;

interface ServiceParts {
  readonly settings: RetrainerServiceSettings;
  readonly log: Logger;
  readonly scope: Scope;
}

interface OperationsParts {
  readonly schedule: Schedule;
  readonly watch: ArchiveWatch;
  readonly metrics: RetrainerServiceMetrics;
  readonly ledger: JobLedger;
  readonly clock: Clock;
  /** On simulated time. */
  readonly look: LookParts | undefined;
}

export interface RunningRetrainer {
  /** Rejects when the service cannot go on; never resolves. */
  readonly failed: Promise<never>;
  readonly operationsPort: number;
}

export async function startRetrainerService(parts: ServiceParts): Promise<RunningRetrainer> {
  const { settings, log } = parts;
  const simulated = settings.clock === 'asked' ? createSettableClock(0) : undefined;
  const clock = simulated ?? systemClock;
  const metrics = createRetrainerServiceMetrics();
  const holder = settings.holder || `${hostname()}-${process.pid}`;
  const schedule = createSchedule({
    expression: settings.schedule,
    timeZone: settings.timeZone,
    jitterSeconds: settings.jitterSeconds,
    missedRuns: settings.missedRuns,
    holder,
    startedMs: clock.now(),
  });
  const watch = tellLooks(await startWatch(parts), metrics, log);
  const onDamaged = (path: string, err: Error): void =>
    log.error({ path, err }, 'damaged file of a job passed over: look at it, then remove it');
  const ledger = openJobLedger(ledgerDirectory(settings.registryDirectory), clock, {
    onDamaged,
    // Its time stands still between two looks: a lease would never run out.
    isAlone: simulated !== undefined,
  });
  const runner = createJobRunner({
    ledger,
    requests: openJobRequests(requestsDirectory(settings.registryDirectory), onDamaged),
    schedule,
    clock,
    log,
    metrics,
    holder,
    leaseMs: settings.leaseSeconds * 1_000,
    driftPauseMs: settings.driftPauseDays * DAY_MS,
    followUps: { times: settings.followUps, everyMs: settings.followUpDays * DAY_MS },
    drifting: settings.onDrift ? () => toWanted(watch.latest) : undefined,
    run: (askedMs, signal) => runJob(toProcess(settings, askedMs, signal)),
  });
  const stopping = new AbortController();
  const look = simulated && { clock: simulated, watch, runner, ledger, signal: stopping.signal };
  const failed = look
    ? never()
    : (await startLoops(parts, { clock, runner, watch, schedule, metrics })).failed;
  const operationsPort = await startOperations(parts, { schedule, watch, metrics, ledger, clock, look });
  // Stopped before the operations server, which waits for the look under way and its job.
  await parts.scope.start(
    'look under way',
    () => stopping,
    (controller) => controller.abort(),
  );
  log.info({ operationsPort, holder, schedule: settings.schedule }, 'ready');
  return { failed, operationsPort };
}

const never = (): Promise<never> => new Promise(() => {});

interface LoopParts extends Pick<OperationsParts, 'schedule' | 'watch' | 'metrics'> {
  readonly clock: Clock;
  readonly runner: JobRunner;
}

/** Jobs and drift are looked at again and again. @returns rejects when either cannot go on */
async function startLoops(
  parts: ServiceParts,
  { clock, runner, watch, schedule, metrics }: LoopParts,
): Promise<{ readonly failed: Promise<never> }> {
  const { settings } = parts;
  const jobs = await startLoop(parts, 'jobs', settings.pollSeconds * 1_000, async (signal) => {
    metrics.nextScheduled.set((schedule.nextAfter(clock.now()) ?? 0) / 1_000);
    await lookAgain(runner, signal);
  });
  const drift = await startLoop(parts, 'drift', settings.driftMinutes * MINUTE_MS, async () => {
    await watch.look();
  });
  return { failed: Promise.race([jobs.failed, drift.failed]) };
}

/** Begins whatever else waits as soon as a job has ended. */
async function lookAgain(runner: JobRunner, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await runner.lookOnce(signal)) !== undefined);
}

/** The same question asked again, by another replica too, is the same run: its cut is the full hour before it was asked. */
function toProcess(settings: RetrainerServiceSettings, askedMs: number, signal: AbortSignal) {
  const cut = settings.cut ?? new Date(Math.floor(askedMs / HOUR_MS) * HOUR_MS).toISOString();
  const isSource = import.meta.url.endsWith('.ts');
  return {
    main: new URL(`./main.${isSource ? 'ts' : 'js'}`, import.meta.url),
    environment: { ...process.env, FRAUD_RETRAIN_CUT: cut },
    limits: { milliseconds: settings.budgetMinutes * MINUTE_MS, megabytes: settings.budgetMegabytes },
    signal,
  };
}

async function startWatch({ settings, scope, log }: ServiceParts): Promise<ArchiveWatch> {
  const store = await scope.start(
    'archive',
    () => openArchive(settings.archive),
    (part) => part.close(),
  );
  const duck = await scope.start(
    'DuckDB',
    () => openDuck(DUCK),
    (part) => part.close(),
  );
  const registry = new FileRegistry(settings.registryDirectory);
  return createArchiveWatch({
    store,
    duck,
    registry,
    cardShare: settings.driftCardShare,
    referencesDirectory: referencesDirectory(settings.registryDirectory),
    log,
  });
}

/** True for what another look may mend: a store that is not reached. */
const isPassing = (error: unknown): boolean => error instanceof AppError && error.retryable;

/** Whoever asks for a look, its judgement is logged and shown. */
function tellLooks(watch: ArchiveWatch, metrics: RetrainerServiceMetrics, log: Logger): ArchiveWatch {
  return {
    look: async () => {
      const judged = await watch.look();
      showDrift(metrics, judged.status);
      const { decision, cause } = judged.status;
      const { modelVersion, whyUnknown } = judged;
      log.info({ decision, cause, modelVersion, whyUnknown }, 'drift judged');
      return judged;
    },
    get latest() {
      return watch.latest;
    },
  };
}

/** Looks, waits, looks again until the scope stops, and lets the look under way end. `failed` only ever rejects. */
async function startLoop(
  { scope, log }: ServiceParts,
  name: string,
  everyMs: number,
  look: (signal: AbortSignal) => Promise<void>,
): Promise<{ readonly failed: Promise<never> }> {
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look(stopping.signal).catch((error: unknown) => {
        if (!isPassing(error)) throw error;
        log.warn({ err: error, name }, 'tried again later');
      });
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const { running } = await scope.start(
    name,
    () => ({ running: loop() }),
    async (part) => {
      stopping.abort();
      await part.running.catch(() => {});
    },
  );
  const failed = new Promise<never>((_resolve, reject) => running.catch(reject));
  failed.catch(() => {});
  return { failed };
}

/** Beside the usual routes: the judgement with its figures, and the jobs. */
async function startOperations(
  { settings, scope }: ServiceParts,
  { schedule, watch, metrics, ledger, clock, look }: OperationsParts,
): Promise<number> {
  const server = createOperationsServer({
    whyNotAlive: () => undefined,
    whyNotReady: () => undefined,
    facts: () => {
      const nextMs = schedule.nextAfter(clock.now());
      return {
        drift: watch.latest.status.decision,
        ...(nextMs !== undefined && { nextScheduled: new Date(nextMs).toISOString() }),
      };
    },
    metrics: metrics.registry,
  });
  server.get('/drift', () => watch.latest);
  server.get('/jobs', () => ledger.read());
  if (look) addLookRoute(server, look);
  await scope.start(
    'operations server',
    () => server.listen({ host: '0.0.0.0', port: settings.operationsPort }),
    () => server.close(),
  );
  return (server.server.address() as AddressInfo).port;
}

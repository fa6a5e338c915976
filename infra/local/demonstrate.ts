// infra/local/demonstrate.ts: READ FIRST: what npm start does, as one list: broker, topics, champion, history, scorer, API, traffic, audit; stopped in reverse.
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TopicTable, topicsWithPrefix } from '../../schemas/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { createTopics, openAdmin } from '../../shared/kafka/admin.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { createScope, type Scope } from '../../shared/lifecycle/scope.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { ensureChampion } from '../../shared/registry/shipped-champion.ts';
import { type Champion, createChampion } from '../../shared/scoring/champion.ts';
import { startLocalBroker } from './broker.ts';
import { holdDirectory, refuseRunning } from './directory-lock.ts';
import { loadWarmUp } from './load-warm-up.ts';
import { startObserver } from './observer.ts';
import { type DemonstrationOptions, parseOptions, usage } from './options.ts';
import { runTraffic } from './run-traffic.ts';
import { startServiceChild } from './service-child.ts';
import { startScoringApi } from './start-scoring-api.ts';
import { STORY_CARDS } from './story/story-plan.ts';
import { drawTimeline } from './story/story-timeline.ts';
import { tellStory } from './story/tell-story.ts';
import { printCounts, type Summary, toSummary } from './summary.ts';
import { createTraffic } from './traffic.ts';

/** Where this demonstration keeps its files and which topics are its own. */
interface Place {
  readonly directory: string;
  readonly stateDirectory: string;
  readonly registryDirectory: string;
  /** On a broker that others use, too, topics get a prefix and are removed at the end. */
  readonly prefix: string;
  readonly hasKeptState: boolean;
}

/** Exit code of a process that Ctrl-C ended: 128 + SIGINT. */
const INTERRUPTED = 130;

const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

function choosePlace({ brokers, keep }: DemonstrationOptions): Place {
  const directory = resolve(process.env.FRAUD_HOME ?? '.fraud', keep ? 'kept' : 'demonstration');
  refuseRunning(directory);
  if (!keep) rmSync(directory, { recursive: true, force: true });
  const stateDirectory = join(directory, 'state');
  const hasKeptState = existsSync(stateDirectory);
  holdDirectory(directory);
  const isShared = (brokers ?? process.env.FRAUD_KAFKA_BROKERS) !== undefined;
  const prefix = isShared ? (keep ? 'kept-' : `run-${process.pid}-${systemClock.now().toString(36)}-`) : '';
  return { directory, stateDirectory, registryDirectory: join(directory, 'registry'), prefix, hasKeptState };
}

async function startTopics(
  scope: Scope,
  place: Place,
  options: DemonstrationOptions,
): Promise<KafkaConnection> {
  say('Starting a broker …');
  const broker = await scope.start(
    'broker',
    () =>
      startLocalBroker({ directory: join(place.directory, 'broker'), brokers: options.brokers, notice: say }),
    (part) => part.stop(),
  );
  say(`Broker ${broker.brokers.join(',')} (${broker.route}).`);
  const connection: KafkaConnection = { brokers: broker.brokers, clientId: 'demonstration' };
  const table = topicsWithPrefix(place.prefix);
  await scope.start(
    'topics',
    () => createTopics(connection, Object.values(table)),
    () => (place.prefix && !options.keep ? removeTopics(connection, table) : undefined),
  );
  return connection;
}

async function removeTopics(connection: KafkaConnection, table: TopicTable): Promise<void> {
  const admin = await openAdmin(connection);
  await admin.deleteTopics(Object.values(table).map(({ name }) => name)).finally(() => admin.close());
}

async function prepareChampion({ registryDirectory }: Place): Promise<Champion> {
  const registry = new FileRegistry(registryDirectory);
  await ensureChampion(registry, new Date(systemClock.now()).toISOString());
  const { version } = await loadAlias(registry, 'champion');
  return createChampion(version);
}

/** Runs everything and returns what was seen, or undefined when asked to stop before traffic flows; the scope is the caller's to stop. */
async function runAll(
  scope: Scope,
  options: DemonstrationOptions,
  { startedAtMs, stop }: { readonly startedAtMs: number; readonly stop: StopListener },
): Promise<Summary | undefined> {
  const place = choosePlace(options);
  const connection = await startTopics(scope, place, options);
  if (stop.isAsked()) return undefined;
  const topics = topicsWithPrefix(place.prefix);
  const champion = await prepareChampion(place);
  const traffic = createTraffic(options, systemClock.now());
  if (!place.hasKeptState) await loadWarmUp({ traffic, champion, stateDirectory: place.stateDirectory, say });
  if (stop.isAsked()) return undefined;
  say('Starting the scorer …');
  const scorer = await scope.start(
    'scorer',
    () =>
      startServiceChild(
        'stream-scorer',
        toEnvironment(place, connection),
        join(place.directory, 'scorer.log'),
      ),
    (part) => part.stop(),
  );
  await startScoringApi({ scope, place, environment: toEnvironment(place, connection), say });
  const observer = await scope.start(
    'observer',
    () => startObserver(connection, topics, systemClock),
    (part) => part.close(),
  );
  if (stop.isAsked()) return undefined;
  // From here on the traffic listens for itself.
  stop.release();
  const run = await runTraffic({
    options,
    place,
    connection,
    topics,
    traffic,
    scorer,
    observer,
    champion,
    say,
  });
  say('Auditing from the topics …');
  const audit = await auditTopics({ connection, topics });
  return toSummary({ observer, audit, run, startedAtMs, champion });
}

/** The story instead of open-ended traffic. @returns exit code: 0 the loop held, 1 it did not */
async function runStory(scope: Scope, options: DemonstrationOptions, stop: StopListener): Promise<number> {
  const place = choosePlace(options);
  const connection = await startTopics(scope, place, options);
  await prepareChampion(place);
  const figures = await tellStory({
    scope,
    options: { seed: options.seed, cards: STORY_CARDS, changes: !options['no-change'] },
    place,
    connection,
    environment: toEnvironment(place, connection),
    isStopped: stop.isAsked,
    say,
  }).finally(() => scope.stop());
  if (!figures) return tellNothingSent(options);
  if (options.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else process.stdout.write(`${drawTimeline(figures)}\n`);
  say(`Picture ${join(place.directory, 'story.svg')}, figures ${join(place.directory, 'story.json')}.`);
  return figures.held ? 0 : 1;
}

function toEnvironment(place: Place, { brokers }: KafkaConnection): Record<string, string> {
  return {
    FRAUD_KAFKA_BROKERS: brokers.join(','),
    FRAUD_KAFKA_TOPIC_PREFIX: place.prefix,
    FRAUD_KAFKA_GROUP_ID: `${place.prefix}stream-scorer`,
    FRAUD_STATE_DIRECTORY: place.stateDirectory,
    FRAUD_REGISTRY_DIRECTORY: place.registryDirectory,
    // Simulated and replayed time runs faster than the wall's.
    FRAUD_CLOCK: 'event-time',
  };
}

function explain(error: unknown): string {
  if (error instanceof AppError) return `${error.message}\n${error.whatToDo} (${error.code})`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * @param startedAtMs when the command was given, set-up included
 * @returns exit code: 0 done and conserved, 1 failed or not conserved, 2 wrong options
 */
export async function demonstrate(args: readonly string[], startedAtMs: number): Promise<number> {
  const scope = createScope((name, error) => say(`${name} would not stop: ${explain(error)}`));
  const stop = listenForStop();
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(usage);
      return 0;
    }
    if (options.story) return await runStory(scope, options, stop);
    const summary = await runAll(scope, options, { startedAtMs, stop }).finally(() => scope.stop());
    if (!summary) return tellNothingSent(options);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else printCounts(summary);
    return summary.conserved ? 0 : 1;
  } catch (error) {
    // A terminal's Ctrl-C reaches the started processes, too: what then fails to start was asked to.
    if (stop.isAsked()) return tellNothingSent(parseOptions(args));
    say(explain(error));
    return error instanceof AppError && error.code === 'FRAUD_INPUT_INVALID' ? 2 : 1;
  } finally {
    stop.release();
  }
}

interface StopListener {
  readonly isAsked: () => boolean;
  /** Listens no more, and forgets. */
  release(): void;
}

/** For the time before traffic flows. The first Ctrl-C is a question, the second one ends the process as it stands. */
function listenForStop(): StopListener {
  let isAsked = false;
  // Not `once`: a package that restores the cursor ends the process where no other listener is left.
  const ask = () => {
    if (isAsked) process.exit(INTERRUPTED);
    isAsked = true;
    say('Stopping …');
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, ask);
  return {
    isAsked: () => isAsked,
    release: () => {
      for (const signal of signals) process.off(signal, ask);
      isAsked = false;
    },
  };
}

/** What the counts are when traffic never flowed. */
function tellNothingSent({ json }: DemonstrationOptions): number {
  const counts = { transactions: 0, decisions: 0, alerts: 0, deadLetters: 0, conserved: true };
  say('Stopped before traffic flowed: nothing was sent, nothing was decided.');
  if (json) process.stdout.write(`${JSON.stringify(counts)}\n`);
  return 0;
}

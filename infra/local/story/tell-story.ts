// infra/local/story/tell-story.ts: READ FIRST: the retraining story as one list: broker, services, 32 weeks of payments, what operations does at the end of each, the judgement.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TopicTable, topicsWithPrefix } from '../../../schemas/topics.ts';
import { openArchive } from '../../../shared/archive/open-archive.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { KafkaConnection } from '../../../shared/kafka/connection.ts';
import { createAnnounceMove } from '../../../shared/kafka/model-events.ts';
import type { Scope } from '../../../shared/lifecycle/scope.ts';
import { createAnnouncingRegistry } from '../../../shared/registry/announcing-registry.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadAlias } from '../../../shared/registry/registry.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { loadWarmUp } from '../load-warm-up.ts';
import { startServiceChild } from '../service-child.ts';
import { drawStory } from './draw-story.ts';
import { judgeStory } from './judge-story.ts';
import { createOperations, type Operations, type StoryEvent } from './operations.ts';
import { type StoryFigures, toFigures } from './story-figures.ts';
import { retrainerEnvironment, type StoryOptions, storyDays, WEEK_DAYS } from './story-plan.ts';
import { openStoryStream, type StoryStream } from './story-stream.ts';
import { tellEvent, tellWeek } from './story-timeline.ts';
import { createStoryWorld, type StoryWorld, tellHistory } from './story-world.ts';

export interface StoryParts {
  readonly scope: Scope;
  readonly options: StoryOptions;
  readonly place: {
    readonly directory: string;
    readonly stateDirectory: string;
    readonly registryDirectory: string;
    readonly prefix: string;
  };
  readonly connection: KafkaConnection;
  /** Settings that scorer and archiver share: broker, topics, state, registry. */
  readonly environment: Readonly<Record<string, string>>;
  readonly isStopped: () => boolean;
  readonly say: (sentence: string) => void;
}

const archiveDirectory = ({ place }: StoryParts): string => join(place.directory, 'archive');

async function loadHistory({ place, say }: StoryParts, world: StoryWorld): Promise<void> {
  const registry = new FileRegistry(place.registryDirectory);
  const champion = createChampion((await loadAlias(registry, 'champion')).version);
  const lines = tellHistory(world);
  const history = async function* () {
    yield lines;
  };
  await loadWarmUp({
    traffic: { source: 'story', history, live: history },
    champion,
    stateDirectory: place.stateDirectory,
    say,
  });
}

async function startStream(parts: StoryParts, topics: TopicTable): Promise<StoryStream> {
  const { scope, place, connection, environment } = parts;
  const start = (service: 'stream-scorer' | 'archiver', own: Record<string, string>) =>
    scope.start(
      service,
      () => startServiceChild(service, { ...environment, ...own }, join(place.directory, `${service}.log`)),
      (part) => part.stop(),
    );
  const scorer = await start('stream-scorer', {});
  const archiver = await start('archiver', {
    FRAUD_ARCHIVE: archiveDirectory(parts),
    FRAUD_ARCHIVER_GROUP_ID: `${place.prefix}archiver`,
    FRAUD_ERASURES_DIRECTORY: join(place.directory, 'erasures'),
    // Weeks pass in seconds: what has come is written at once, and merged now and then.
    FRAUD_ARCHIVER_FLUSH_SECONDS: '1',
    FRAUD_ARCHIVER_COMPACT_MINUTES: '1',
  });
  const archive = await scope.start(
    'archive',
    () => openArchive(archiveDirectory(parts)),
    (part) => part.close(),
  );
  return scope.start(
    'stream',
    () =>
      openStoryStream({
        connection,
        topics,
        scorer,
        archiver,
        archive,
        scorerGroup: environment.FRAUD_KAFKA_GROUP_ID ?? '',
      }),
    (part) => part.close(),
  );
}

async function startOperations(parts: StoryParts, stream: StoryStream): Promise<Operations> {
  const { scope, place, connection, environment, say } = parts;
  const { modelEvents } = topicsWithPrefix(place.prefix);
  const announce = createAnnounceMove({
    connection,
    topic: modelEvents.name,
    onFailure: ({ message }) => say(message),
  });
  const settings = {
    ...environment,
    ...retrainerEnvironment,
    FRAUD_ARCHIVE: archiveDirectory(parts),
    FRAUD_RUNS_DIRECTORY: join(place.directory, 'runs'),
  };
  const retrainer = await scope.start(
    'retrainer',
    () => startServiceChild('retrainer', settings, join(place.directory, 'retrainer.log')),
    (part) => part.stop(),
  );
  const registry = createAnnouncingRegistry(new FileRegistry(place.registryDirectory), announce);
  return createOperations({ retrainer, registry, stream });
}

/** One week: its payments, then what operations sees and does at its end. */
async function playWeek(
  day: number,
  { world, stream, operations }: { world: StoryWorld; stream: StoryStream; operations: Operations },
): Promise<readonly StoryEvent[]> {
  await stream.play(world.tellUntil(day));
  return operations.look(day);
}

/**
 * Plays the story to its end. The world stands still while a model is trained.
 * @returns undefined when it was asked to stop before
 */
export async function tellStory(parts: StoryParts): Promise<StoryFigures | undefined> {
  const { options, place, say, isStopped } = parts;
  const startedAtMs = systemClock.now();
  const world = createStoryWorld(options);
  await loadHistory(parts, world);
  say('Starting the scorer and the archiver …');
  const stream = await startStream(parts, topicsWithPrefix(place.prefix));
  const operations = await startOperations(parts, stream);
  const events: StoryEvent[] = [];
  let frozen = operations.champion;
  for (let day = storyDays.watched + WEEK_DAYS; day <= storyDays.end; day += WEEK_DAYS) {
    if (isStopped()) return undefined;
    if (day <= storyDays.change) frozen = operations.champion;
    const seen = await playWeek(day, { world, stream, operations });
    events.push(...seen);
    tellWeek(say, { day, decided: stream.decided.size, champion: operations.champion });
    for (const event of seen) tellEvent(say, event);
  }
  say('Judging against the truth …');
  const registry = new FileRegistry(place.registryDirectory);
  const truth = world.truth();
  const archive = await openArchive(archiveDirectory(parts));
  try {
    const judgement = await judgeStory({
      archive,
      frozen: await registry.loadVerified(frozen),
      frauds: truth.frauds,
      decided: stream.decided,
    });
    const seconds = (systemClock.now() - startedAtMs) / 1_000;
    return await keep(place.directory, toFigures({ options, judgement, events, truth, seconds }));
  } finally {
    await archive.close();
  }
}

/** The picture and the figures beside everything else of the story. */
async function keep(directory: string, figures: StoryFigures): Promise<StoryFigures> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'story.svg'), await drawStory(figures));
  writeFileSync(join(directory, 'story.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  return figures;
}

// infra/local/story/story-stream.ts: a week of lines over Kafka through scorer and archiver; back when all of it is decided and archived.
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { TopicTable } from '../../../schemas/topics.ts';
import type { ArchiveStore } from '../../../shared/archive/archive-store.ts';
import { readMarks } from '../../../shared/archive/marks.ts';
import { systemClock } from '../../../shared/clock.ts';
import { shadowScoreSchema } from '../../../shared/domain/shadow-score.ts';
import { isDecided } from '../../../shared/domain/transaction.ts';
import { AppError } from '../../../shared/errors.ts';
import { type KafkaAdmin, openAdmin } from '../../../shared/kafka/admin.ts';
import type { KafkaConnection } from '../../../shared/kafka/connection.ts';
import { createConsumer } from '../../../shared/kafka/consumer.ts';
import { createProducer } from '../../../shared/kafka/producer.ts';
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { sendLines } from '../../../shared/replay/send-lines.ts';
import type { ServiceChild } from '../service-child.ts';

/** What was decided about one transaction, and by whom. */
export interface Decided {
  readonly score: number;
  readonly modelVersion: string;
}

/** How the story's payments are decided; the story itself does not know by which means. */
export interface StoryStream {
  /** Every line decided (or applied), and archived. */
  play(lines: readonly MappedLine[]): Promise<void>;
  /** Until the next decisions come from that version. */
  awaitChampion(modelVersion: string): Promise<void>;
  /** Decisions so far, by transaction id. */
  readonly decided: ReadonlyMap<string, Decided>;
  /** Scores that a version has given in shadow so far. */
  countShadows(modelVersion: string): number;
  close(): Promise<void>;
}

const POLL_MS = 100;
const LIMIT_MS = 180_000;

export interface StoryStreamParts {
  readonly connection: KafkaConnection;
  readonly topics: TopicTable;
  readonly scorer: ServiceChild;
  readonly archiver: ServiceChild;
  readonly scorerGroup: string;
  readonly archive: ArchiveStore;
}

/** Whatever may end while something is waited for. */
type Watched = Readonly<Record<'scorer' | 'archiver' | 'reader', { readonly failed: Promise<never> }>>;

/** @throws AppError FRAUD_SCORER_ENDED when a service ends or does not come to an end within three minutes; what ended the reader of decisions */
async function until(watched: Watched, what: string, isDone: () => Promise<boolean>): Promise<void> {
  const limitMs = systemClock.now() + LIMIT_MS;
  while (!(await isDone())) {
    if (systemClock.now() > limitMs) {
      throw new AppError('FRAUD_SCORER_ENDED', { detail: `Waited three minutes for ${what}.` });
    }
    await Promise.race([wait(POLL_MS), ...Object.values(watched).map(({ failed }) => failed)]);
  }
}

/** Every record of a topic is behind the group's committed offsets. */
async function isConsumed(admin: KafkaAdmin, groupId: string, topic: string): Promise<boolean> {
  const [ends, committed] = await Promise.all([admin.readEnds(topic), admin.readCommitted(groupId, topic)]);
  return ends.every(({ partition, low, high }) => high === low || (committed.get(partition) ?? 0n) >= high);
}

async function isArchived(admin: KafkaAdmin, archive: ArchiveStore, topic: string): Promise<boolean> {
  const [ends, marks] = await Promise.all([admin.readEnds(topic), readMarks(archive)]);
  return ends.every(
    ({ partition, low, high }) => high === low || (marks.get(`${topic}|${partition}`) ?? 0n) >= high,
  );
}

function createListener({ connection, topics }: StoryStreamParts) {
  const decided = new Map<string, Decided>();
  const shadows = new Map<string, number>();
  const consumer = createConsumer({
    connection,
    groupId: `story-${randomBytes(6).toString('hex')}`,
    topics: [topics.decisions.name, topics.shadowScores.name],
    maxChunkRecords: 1_000,
    onChunk: async ({ records, commit }) => {
      for (const { topic, value } of records) {
        const read: unknown = JSON.parse(Buffer.from(value ?? []).toString());
        if (topic === topics.decisions.name) noteDecision(read as DecisionView);
        else for (const { modelVersion } of shadowScoreSchema.parse(read).shadows) count(modelVersion);
      }
      // A member that was away for too long goes on here instead of reading everything again.
      await commit();
    },
  });
  const count = (version: string): void => {
    shadows.set(version, (shadows.get(version) ?? 0) + 1);
  };
  const noteDecision = ({ transactionId, score, model }: DecisionView): void => {
    if (!decided.has(transactionId)) decided.set(transactionId, { score, modelVersion: model.modelVersion });
  };
  return { decided, shadows, consumer };
}

interface DecisionView {
  readonly transactionId: string;
  readonly score: number;
  readonly model: { readonly modelVersion: string };
}

export async function openStoryStream(parts: StoryStreamParts): Promise<StoryStream> {
  const { connection, topics, scorerGroup, archive, scorer } = parts;
  const producer = await createProducer({ connection });
  const admin = await openAdmin(connection);
  const listener = createListener(parts);
  await listener.consumer.start();
  const watched = { scorer, archiver: parts.archiver, reader: listener.consumer };
  const isScored = async (): Promise<boolean> =>
    (await isConsumed(admin, scorerGroup, topics.transactions.name)) &&
    (await isConsumed(admin, scorerGroup, topics.outcomes.name));
  return {
    decided: listener.decided,
    countShadows: (modelVersion) => listener.shadows.get(modelVersion) ?? 0,
    play: async (lines) => {
      const chunks = async function* () {
        yield lines;
      };
      await sendLines(chunks(), {
        producer,
        topics,
        source: 'story',
        clock: systemClock,
        pace: { kind: 'unlimited' },
      });
      const owed = lines.filter((line) => line.kind === 'transaction' && isDecided(line.transaction));
      const expected = listener.decided.size + owed.length;
      await until(watched, 'the scorer', isScored);
      await until(
        watched,
        'the archiver',
        async () =>
          (await isArchived(admin, archive, topics.trainingRows.name)) &&
          (await isArchived(admin, archive, topics.outcomes.name)),
      );
      await until(watched, 'the decisions', async () => listener.decided.size >= expected);
    },
    awaitChampion: (modelVersion) =>
      until(watched, `the scorer to take ${modelVersion}`, async () => {
        const answer = await fetch(`http://127.0.0.1:${scorer.operationsPort}/readyz`);
        return (await answer.text()).includes(modelVersion);
      }),
    close: async () => {
      await listener.consumer.stop();
      await admin.close();
      await producer.close();
    },
  };
}

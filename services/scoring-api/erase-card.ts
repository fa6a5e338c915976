// services/scoring-api/erase-card.ts: READ FIRST: a card out of every place that holds it, in an order that a crash cannot undo and a restart completes; the receipt.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { AuditLog } from '../../shared/access/audit-log.ts';
import type { AnswerStore } from '../../shared/answers/answer-store.ts';
import type { Clock } from '../../shared/clock.ts';
import { entityKeyOf } from '../../shared/domain/entity.ts';
import type { PendingErasure, PendingErasures } from '../../shared/erasure/pending-erasures.ts';
import {
  digestOfCard,
  LOOK_EVERY_MS,
  type Tombstone,
  type Tombstones,
} from '../../shared/erasure/tombstones.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import { EVENT_BYTES, readTimeMs } from '../../shared/sequence/packed-event.ts';
import type { ErasedCounts, StateStore } from '../../shared/sequence/state-store.ts';
import { viewWhole } from './outcome-so-far.ts';
import { findTrainedWith } from './trained-with.ts';

export interface ErasureReceipt {
  readonly receiptId: string;
  readonly erasedAt: string;
  readonly removed: Record<string, number>;
  readonly topicsEmptyBy: string;
  readonly modelVersions: string[];
  readonly note: string;
}

export interface CardEraser {
  /** Asking again after a crash, or twice, is safe. */
  eraseCard(card: Asked): Promise<ErasureReceipt>;
  /** Completes what a killed process left half done. Returns how many erasures. */
  resume(): Promise<number>;
}

export type EraseCard = CardEraser['eraseCard'];
type Asked = Omit<PendingErasure, 'erasedAtMs'>;

/** Places beside the state store that hold cards; each removes one and says how many entries went. */
export type ErasablePlaces = Readonly<
  Record<string, (portfolioId: string, cardToken: string) => number | Promise<number>>
>;

export interface EraserParts {
  readonly store: Pick<StateStore, 'eraseCard' | 'readRecords'>;
  readonly answers: Pick<AnswerStore, 'eraseMentions'>;
  readonly places: ErasablePlaces;
  readonly tombstones: Tombstones;
  readonly pending: PendingErasures;
  readonly audit: AuditLog;
  readonly registry: Pick<Registry, 'listVersions' | 'readManifest' | 'loadVerified'>;
  readonly clock: Clock;
  /** Longest retention of a topic that holds card tokens, days. */
  readonly retentionDays: number;
}

const DAY_MS = 86_400_000;
const MOST_LOOKS = 20;
const NOTE =
  'Totals of merchants and accounts stay: they name no card. Weights of models keep no card; the next training leaves it out.';

export function createCardEraser(parts: EraserParts): CardEraser {
  const { store, answers, places, tombstones, pending, audit, registry, clock, retentionDays } = parts;

  const readActivity = async ({ portfolioId, cardToken }: Asked): Promise<Tombstone['active']> => {
    const [record] = await store.readRecords([entityKeyOf({ kind: 'card', portfolioId, key: cardToken })]);
    if (!record) return undefined;
    const { view, firstByte, count, firstSeenMs } = viewWhole(record);
    const untilMs = count > 0 ? readTimeMs(view, firstByte + (count - 1) * EVENT_BYTES) : firstSeenMs;
    return { fromMs: firstSeenMs, untilMs };
  };

  /** A process that stood still for longer than that may commit what it had begun before: looked for until a look finds nothing. */
  const eraseFromStore = async (erasure: PendingErasure): Promise<ErasedCounts> => {
    const erased = { records: 0, decisions: 0 };
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      const activity = await readActivity(erasure);
      // What came afterwards is a history of its own. Histories begin at whole seconds.
      if (look > 0 && !(activity && activity.fromMs < erasure.erasedAtMs - 1_000)) break;
      const { records, decisions } = await store.eraseCard(erasure);
      erased.records += records;
      erased.decisions += decisions;
      await wait(LOOK_EVERY_MS);
    }
    return erased;
  };

  const complete = async (erasure: PendingErasure): Promise<ErasureReceipt> => {
    const { portfolioId, cardToken, actor, erasedAtMs } = erasure;
    // First: whoever is killed from here on is followed by a process that goes on.
    await pending.begin(erasure);
    // Whatever is read again from now on leaves the card out.
    await tombstones.bury(portfolioId, cardToken, erasedAtMs, await readActivity(erasure));
    audit.append({ act: 'card-erase', actor, subject: digestOfCard(portfolioId, cardToken) });
    // Until every process has seen it, one may still be deciding an earlier event of the card.
    await wait(LOOK_EVERY_MS * 2);
    const { records, decisions } = await eraseFromStore(erasure);
    const keptAnswers = await answers.eraseMentions(`"cardToken":${JSON.stringify(cardToken)}`);
    const removed: Record<string, number> = { histories: records, decisions, answers: keptAnswers };
    for (const [place, erase] of Object.entries(places)) removed[place] = await erase(portfolioId, cardToken);
    await pending.finish(erasure);
    return {
      receiptId: randomUUID(),
      erasedAt: new Date(erasedAtMs).toISOString(),
      removed,
      // Nothing of before is produced any more, so no record is younger than this erasure.
      topicsEmptyBy: new Date(erasedAtMs + retentionDays * DAY_MS).toISOString(),
      modelVersions: await findTrainedWith(registry, tombstones.activityOf(portfolioId, cardToken)),
      note: NOTE,
    };
  };
  return {
    eraseCard: (card) => complete({ ...card, erasedAtMs: clock.now() }),
    resume: async () => {
      const begun = pending.list();
      for (const erasure of begun) await complete(erasure);
      return begun.length;
    },
  };
}

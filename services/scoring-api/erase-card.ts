// services/scoring-api/erase-card.ts: a card out of every place that holds it, in an order that a crash cannot undo; the receipt.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { AuditLog } from '../../shared/access/audit-log.ts';
import type { AnswerStore } from '../../shared/answers/answer-store.ts';
import type { Clock } from '../../shared/clock.ts';
import { digestOfCard, LOOK_EVERY_MS, type Tombstones } from '../../shared/erasure/tombstones.ts';
import type { Registry } from '../../shared/registry/registry.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';

export interface ErasureReceipt {
  readonly receiptId: string;
  readonly erasedAt: string;
  readonly removed: Record<string, number>;
  readonly topicsEmptyBy: string;
  readonly modelVersions: string[];
  readonly note: string;
}

export type EraseCard = (card: {
  readonly portfolioId: string;
  readonly cardToken: string;
  readonly actor: string;
}) => Promise<ErasureReceipt>;

/** Places beside the state store that hold cards; each removes one and says how many entries went. */
export type ErasablePlaces = Readonly<
  Record<string, (portfolioId: string, cardToken: string) => number | Promise<number>>
>;

const DAY_MS = 86_400_000;
const NOTE =
  'Totals of merchants and accounts stay: they name no card. Weights of models keep no card; the next training leaves it out.';

export function createEraseCard(parts: {
  readonly store: Pick<StateStore, 'eraseCard'>;
  readonly answers: Pick<AnswerStore, 'eraseMentions'>;
  readonly places: ErasablePlaces;
  readonly tombstones: Tombstones;
  readonly audit: AuditLog;
  readonly registry: Pick<Registry, 'listVersions'>;
  readonly clock: Clock;
  /** Longest retention of a topic that holds card tokens, days. */
  readonly retentionDays: number;
}): EraseCard {
  const { store, answers, places, tombstones, audit, registry, clock, retentionDays } = parts;
  return async ({ portfolioId, cardToken, actor }) => {
    const erasedAtMs = clock.now();
    // First: whatever is read again from now on leaves the card out, also when we are killed in the next line.
    await tombstones.bury(portfolioId, cardToken, erasedAtMs);
    audit.append({ act: 'card-erase', actor, subject: digestOfCard(portfolioId, cardToken) });
    // Until every process has seen it, one may still be deciding an earlier event of the card.
    await wait(LOOK_EVERY_MS * 2);
    const { records, decisions } = await store.eraseCard({ portfolioId, cardToken });
    const keptAnswers = await answers.eraseMentions(`"cardToken":${JSON.stringify(cardToken)}`);
    const removed: Record<string, number> = { histories: records, decisions, answers: keptAnswers };
    for (const [place, erase] of Object.entries(places)) removed[place] = await erase(portfolioId, cardToken);
    return {
      receiptId: randomUUID(),
      erasedAt: new Date(erasedAtMs).toISOString(),
      removed,
      topicsEmptyBy: new Date(erasedAtMs + retentionDays * DAY_MS).toISOString(),
      modelVersions: await registry.listVersions(),
      note: NOTE,
    };
  };
}

// shared/features/replay-into-memory.ts: a time-ordered stream through histories in memory: contexts as scoring would have built them.
import type { Outcome } from '../domain/outcome.ts';
import type { Transaction } from '../domain/transaction.ts';
import { appendEvent, markLabel } from '../sequence/entity-record.ts';
import { labelMarksOf } from '../sequence/label-marks.ts';
import { limitsOf } from '../sequence/record-limits.ts';
import type { AppendEvent, EntityRecord } from '../sequence/state-store.ts';
import { type BuiltContext, buildAppends, buildContext, entityKeysOf } from './build-context.ts';
import { defaultFeatureSettings, type FeatureSettings } from './feature-settings.ts';
import type { PopulationReference } from './population-reference.ts';

/** A line of a stream that is a transaction. May carry more: truth, source position. */
export interface TransactionLine {
  readonly kind: 'transaction';
  readonly transaction: Transaction;
}

/** A line of a stream that is a label that became known. */
export interface OutcomeLine {
  readonly kind: 'outcome';
  readonly outcome: Outcome;
}

export interface ReplayOptions {
  /** Reference by portfolio id: a stream may hold several portfolios. */
  readonly referenceOf: (portfolioId: string) => PopulationReference;
  readonly settings?: FeatureSettings;
}

/** What became of a transaction's event. */
export interface ReplayedEvent extends Omit<BuiltContext, 'context'> {
  /** False when the card's history did not change: the transaction was there already, or is a clearing whose authorization was. */
  readonly isAppended: boolean;
}

/** A context as scoring would have built it. */
export interface ReplayedTransaction extends BuiltContext, ReplayedEvent {}

/** Histories in memory, fed one line at a time in event-time order. For streams that come asynchronously. */
export interface Replay {
  /** Context of the transaction from what came before, then appended. Applied types too. */
  push(transaction: Transaction): ReplayedTransaction;
  /** Appends the transaction without building its context: several times cheaper, for rows nobody looks at. */
  append(transaction: Transaction): ReplayedEvent;
  /** Marks the label in the histories of card, merchant and account. It is seen from `labeledAt` on, so it may be given early, but not before its transaction. */
  mark(outcome: Outcome): void;
  /** All histories so far, by entity key: to check them, or to load a store. */
  readonly records: ReadonlyMap<string, EntityRecord>;
}

/** Starts with empty histories. */
export function createReplay({ referenceOf, settings = defaultFeatureSettings }: ReplayOptions): Replay {
  const records = new Map<string, EntityRecord>();
  const find = (key: string | undefined) => (key === undefined ? undefined : records.get(key));

  /** True when the history of `cardKey` changed. */
  function appendAll(appends: readonly AppendEvent[], cardKey: string): boolean {
    let isAppended = false;
    for (const { entityKey, event, original, takesOverFrom } of appends) {
      const before = records.get(entityKey) ?? find(takesOverFrom);
      const after = appendEvent(before, event, limitsOf(entityKey), original);
      records.set(entityKey, after);
      if (entityKey === cardKey) isAppended = after !== before;
    }
    return isAppended;
  }

  return {
    records,
    append(transaction) {
      const keys = entityKeysOf(transaction);
      const built = buildAppends({
        transaction,
        card: find(keys.card),
        replacedCard: find(keys.replacedCard),
        reference: referenceOf(transaction.portfolioId),
      });
      const isAppended = appendAll(built.appends, keys.card);
      return { ...built, isAppended };
    },
    push(transaction) {
      const keys = entityKeysOf(transaction);
      const built = buildContext({
        transaction,
        card: find(keys.card),
        merchant: find(keys.merchant),
        account: find(keys.account),
        replacedCard: find(keys.replacedCard),
        reference: referenceOf(transaction.portfolioId),
        settings,
      });
      const isAppended = appendAll(built.appends, keys.card);
      return { ...built, isAppended };
    },
    mark(outcome) {
      for (const { entityKey, ...mark } of labelMarksOf(outcome)) {
        const marked = markLabel(records.get(entityKey), mark);
        if (marked !== undefined) records.set(entityKey, marked);
      }
    },
  };
}

/** A context and the line it was built for. */
export interface ReplayedContext<Line extends TransactionLine> extends ReplayedTransaction {
  readonly line: Line;
}

/**
 * Contexts of all transactions of a stream (decided and applied, in order), each with the line it came from.
 * The stream must be in event-time order, outcomes after their transactions.
 */
export function* buildContexts<Line extends TransactionLine>(
  stream: Iterable<Line | OutcomeLine>,
  options: ReplayOptions,
): Generator<ReplayedContext<Line>> {
  const replay = createReplay(options);
  for (const line of stream) {
    if (line.kind === 'outcome') replay.mark(line.outcome);
    else yield { ...replay.push(line.transaction), line };
  }
}

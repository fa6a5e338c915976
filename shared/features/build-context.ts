// shared/features/build-context.ts: transaction + records → context (what encoder and head see) and the appends it causes.
import type { Context } from '../domain/context.ts';
import { entityKeyOf } from '../domain/entity.ts';
import { isDecided, merchantKeyOf, type Transaction } from '../domain/transaction.ts';
import { holdsEvent } from '../sequence/entity-record.ts';
import { type EntityView, viewBefore } from '../sequence/entity-view.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { EVENT_BYTES, WINDOW } from '../sequence/packed-event.ts';
import type { AppendEvent, EntityRecord } from '../sequence/state-store.ts';
import { cutTransient } from '../sequence/transient-bytes.ts';
import { describeWithLevel } from './describe-event.ts';
import { digestContext, digestReference, maskLabels } from './digests.ts';
import type { FeatureSettings } from './feature-settings.ts';
import type { PopulationReference } from './population-reference.ts';
import { computeFeatures } from './velocity.ts';

/** Keys (`entityKeyOf`) of the histories a transaction reads and feeds; absent where it names no merchant or account. */
export interface TransactionKeys {
  readonly card: string;
  readonly merchant: string | undefined;
  readonly account: string | undefined;
  /** The card this one replaces: read it when `card` has no history yet. */
  readonly replacedCard: string | undefined;
}

/** Which histories a transaction reads and feeds. */
export function entityKeysOf(transaction: Transaction): TransactionKeys {
  const { portfolioId, cardToken, accountId, replacesCardToken } = transaction;
  const merchantKey = merchantKeyOf(transaction);
  return {
    card: entityKeyOf({ kind: 'card', portfolioId, key: cardToken }),
    merchant: merchantKey && entityKeyOf({ kind: 'merchant', portfolioId, key: merchantKey }),
    account: accountId && entityKeyOf({ kind: 'account', portfolioId, key: accountId }),
    replacedCard: replacesCardToken && entityKeyOf({ kind: 'card', portfolioId, key: replacesCardToken }),
  };
}

/** Records as they are now: what they hold at or after the transaction's position is not looked at. */
export interface ContextInput {
  readonly transaction: Transaction;
  readonly card: EntityRecord | undefined;
  readonly merchant: EntityRecord | undefined;
  readonly account: EntityRecord | undefined;
  /** Record of the card this one replaces: stands in while `card` has none. */
  readonly replacedCard?: EntityRecord | undefined;
  readonly reference: PopulationReference;
  readonly settings: FeatureSettings;
}

/** The context, the transaction's own packed event, and where it is to be appended. */
export interface BuiltContext {
  /** Events and features are cut from slabs: cheap while they live as long as a chunk, to be copied where few of many are kept. */
  readonly context: Context;
  /** Last event of the context; a buffer of its own. */
  readonly event: Uint8Array;
  readonly timeMs: number;
  /** Card first, then merchant and account where known. Appending is idempotent, so a redelivery may repeat them. */
  readonly appends: readonly AppendEvent[];
}

/** The last WINDOW − 1 events before the transaction and its own, label bytes masked. */
function assembleWindow(card: EntityView, event: Uint8Array): Uint8Array {
  const before = Math.min(card.count, WINDOW - 1);
  const events = cutTransient((before + 1) * EVENT_BYTES);
  if (before > 0) {
    const { view, firstByte, count } = card;
    const from = view.byteOffset + firstByte + (count - before) * EVENT_BYTES;
    events.set(new Uint8Array(view.buffer, from, before * EVENT_BYTES));
  }
  events.set(event, before * EVENT_BYTES);
  maskLabels(events);
  return events;
}

/** A clearing whose authorization the card's history holds is that payment again: it changes nothing, at the merchant and the account neither. */
function isSettled({ type, originalTransactionId }: Transaction, card: EntityRecord | undefined): boolean {
  if (type !== 'clearing' || originalTransactionId === undefined) return false;
  return holdsEvent(card, hashTransactionId(originalTransactionId));
}

function listAppends(
  transaction: Transaction,
  event: Uint8Array,
  cardRecord: EntityRecord | undefined,
): readonly AppendEvent[] {
  if (isSettled(transaction, cardRecord)) return [];
  const { card, merchant, account, replacedCard } = entityKeysOf(transaction);
  const { originalTransactionId, portfolioId, transactionId } = transaction;
  // A clearing whose authorization is in the history adds nothing: the store leaves it out by this hash.
  const original = originalTransactionId === undefined ? undefined : hashTransactionId(originalTransactionId);
  const decisionKey = isDecided(transaction) ? `${portfolioId}|${transactionId}` : undefined;
  const toAppend = (entityKey: string, takesOverFrom?: string): AppendEvent => ({
    entityKey,
    event,
    original,
    takesOverFrom,
    decisionKey,
  });
  const appends = [toAppend(card, replacedCard)];
  if (merchant !== undefined) appends.push(toAppend(merchant));
  if (account !== undefined) appends.push(toAppend(account));
  return appends;
}

/** As `buildContext`, for a transaction that is only applied: its event and appends, without window, features and digest. */
export function buildAppends(
  input: Omit<ContextInput, 'merchant' | 'account' | 'settings'>,
): Omit<BuiltContext, 'context'> {
  const { transaction, reference } = input;
  const timeMs = Date.parse(transaction.eventTime);
  const asOf = { timeMs, ...hashTransactionId(transaction.transactionId) };
  const card = viewBefore(input.card ?? input.replacedCard, asOf);
  const { event } = describeWithLevel(transaction, card, reference);
  return { event, timeMs, appends: listAppends(transaction, event, input.card ?? input.replacedCard) };
}

/**
 * Everything the score of a transaction depends on. Pure: the same records before its position give the same
 * digest, whatever came after, whoever asks. Decided and applied types alike; applied ones are usually only appended.
 */
export function buildContext(input: ContextInput): BuiltContext {
  const { transaction, reference, settings } = input;
  const timeMs = Date.parse(transaction.eventTime);
  const asOf = { timeMs, ...hashTransactionId(transaction.transactionId) };
  const card = viewBefore(input.card ?? input.replacedCard, asOf);
  const { event, level } = describeWithLevel(transaction, card, reference);
  const features = computeFeatures({
    event,
    level,
    card,
    merchant: viewBefore(input.merchant, asOf),
    account: viewBefore(input.account, asOf),
    settings,
  });
  const events = assembleWindow(card, event);
  const context: Context = {
    portfolioId: transaction.portfolioId,
    events,
    eventCount: events.length / EVENT_BYTES,
    features,
    digest: digestContext(events, features, digestReference(reference)),
  };
  return {
    context,
    event,
    timeMs,
    appends: listAppends(transaction, event, input.card ?? input.replacedCard),
  };
}

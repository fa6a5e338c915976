// shared/training/packed-stream.ts: unlabelled traffic as packed events, card by card, each card in time order: what pretraining reads.
import { entityKeyOf } from '../domain/entity.ts';
import type { Transaction } from '../domain/transaction.ts';
import { describeEvent } from '../features/describe-event.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { appendEvent, viewBefore } from '../sequence/entity-record.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { limitsOf } from '../sequence/record-limits.ts';
import type { EntityRecord } from '../sequence/state-store.ts';

/** Events of all cards in one buffer: events of card c are those from firstEvent[c] up to firstEvent[c + 1]. */
export interface PackedStream {
  readonly events: Uint8Array;
  readonly firstEvent: Uint32Array;
  readonly cardCount: number;
  readonly eventCount: number;
}

export interface PackedStreamBuilder {
  /** Adds a card's next event; cards may come in any order, the events of one card in its own. */
  add(cardKey: string, event: Uint8Array): void;
  readonly eventCount: number;
  readonly historyCount: number;
  build(): PackedStream;
}

const CHUNK_EVENTS = 65_536;

/** Collects events as they come and sorts them by card at the end: 52 bytes per event while collecting. */
export function createPackedStreamBuilder(): PackedStreamBuilder {
  const cards = new Map<string, number>();
  const chunks: { events: Uint8Array; owners: Uint32Array }[] = [];
  const counts: number[] = [];
  let eventCount = 0;

  const chunkAt = (index: number) => {
    const chunk = chunks[index];
    if (chunk) return chunk;
    const made = {
      events: new Uint8Array(CHUNK_EVENTS * EVENT_BYTES),
      owners: new Uint32Array(CHUNK_EVENTS),
    };
    chunks.push(made);
    return made;
  };

  return {
    get eventCount() {
      return eventCount;
    },
    get historyCount() {
      return cards.size;
    },
    add(cardKey, event) {
      let card = cards.get(cardKey);
      if (card === undefined) {
        card = cards.size;
        cards.set(cardKey, card);
        counts.push(0);
      }
      const { events, owners } = chunkAt(Math.floor(eventCount / CHUNK_EVENTS));
      const at = eventCount % CHUNK_EVENTS;
      events.set(event, at * EVENT_BYTES);
      owners[at] = card;
      counts[card] = (counts[card] ?? 0) + 1;
      eventCount++;
    },
    build() {
      const firstEvent = new Uint32Array(counts.length + 1);
      counts.forEach((count, card) => {
        firstEvent[card + 1] = (firstEvent[card] ?? 0) + count;
      });
      const next = firstEvent.slice();
      const sorted = new Uint8Array(eventCount * EVENT_BYTES);
      for (let index = 0; index < eventCount; index++) {
        const chunk = chunkAt(Math.floor(index / CHUNK_EVENTS));
        const at = index % CHUNK_EVENTS;
        const card = chunk.owners[at] ?? 0;
        const to = next[card] ?? 0;
        sorted.set(chunk.events.subarray(at * EVENT_BYTES, (at + 1) * EVENT_BYTES), to * EVENT_BYTES);
        next[card] = to + 1;
      }
      return { events: sorted, firstEvent, cardCount: counts.length, eventCount };
    },
  };
}

/**
 * Takes transactions in event-time order and adds to `builder` the events that scoring would have appended to their
 * cards' histories. Uses `describeEvent`, as scoring does; labels play no part.
 */
export function createEventCollector(
  builder: PackedStreamBuilder,
  referenceOf: (portfolioId: string) => PopulationReference,
): (transaction: Transaction) => void {
  const records = new Map<string, EntityRecord>();
  const collect = createHistoryCollector(builder, referenceOf, records);
  return (transaction) => {
    const { portfolioId, cardToken, replacesCardToken } = transaction;
    const keyOf = (token: string) => entityKeyOf({ kind: 'card', portfolioId, key: token });
    const replaced = replacesCardToken ? records.get(keyOf(replacesCardToken)) : undefined;
    collect(transaction, keyOf(cardToken), replaced);
  };
}

/** The same for the accounts' own histories of statements and repayments, without purchases; other transactions are passed over. */
export function createAccountCollector(
  builder: PackedStreamBuilder,
  referenceOf: (portfolioId: string) => PopulationReference,
): (transaction: Transaction) => void {
  const collect = createHistoryCollector(builder, referenceOf, new Map());
  return (transaction) => {
    const { portfolioId, accountId, cardToken, type } = transaction;
    if (type !== 'statement' && type !== 'repayment') return;
    collect(transaction, entityKeyOf({ kind: 'account', portfolioId, key: accountId ?? cardToken }));
  };
}

function createHistoryCollector(
  builder: PackedStreamBuilder,
  referenceOf: (portfolioId: string) => PopulationReference,
  records: Map<string, EntityRecord>,
) {
  return (transaction: Transaction, key: string, replaced?: EntityRecord): void => {
    const { portfolioId, originalTransactionId } = transaction;
    const before = records.get(key) ?? replaced;
    const position = {
      timeMs: Date.parse(transaction.eventTime),
      ...hashTransactionId(transaction.transactionId),
    };
    const event = describeEvent(transaction, viewBefore(before, position), referenceOf(portfolioId));
    const isClearing = transaction.type === 'clearing' && originalTransactionId !== undefined;
    const original = isClearing ? hashTransactionId(originalTransactionId) : undefined;
    const after = appendEvent(before, event, limitsOf(key), original);
    if (after === before) return;
    records.set(key, after);
    builder.add(key, event);
  };
}

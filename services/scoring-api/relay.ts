// services/scoring-api/relay.ts: what was stored to be produced goes to the broker, again until it is acknowledged, and after a restart once more.

import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { isAboutErased } from '../../shared/erasure/is-about-erased.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';
import { decodeOutputs, encodeOutputs } from '../../shared/kafka/outbox-codec.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { OutboxEntry, StateStore } from '../../shared/sequence/state-store.ts';

/** Where a recorded request's records are filed in the state store. */
export type OutboxPlace = Omit<OutboxEntry, 'bytes'>;

/** The outbox of all API processes of one state store. */
export const OUTBOX_TOPIC = 'scoring-api';
export const OUTBOX_PARTITION = 0;

export interface Relay {
  /** Files of earlier processes go out first; does not wait for the broker. */
  resume(): Promise<void>;
  /** Called when the commit that filed them is done. */
  send(place: OutboxPlace, records: readonly OutputRecord[]): void;
  /** Places acknowledged since the last call: to be forgotten with the next commit. */
  takeAcknowledged(): OutboxPlace[];
  /** Takes what is filed about a card out of what waits, here and in the store. Returns how many records. */
  erase(cardToken: string): Promise<number>;
  /** Files that wait for the broker. */
  waiting(): number;
  /** Waits some seconds for what is under way, forgets what was acknowledged, disconnects. */
  close(): Promise<void>;
}

export interface RelayParts {
  readonly store: StateStore;
  /** Connects; called again after a failure. */
  readonly openProducer: () => Promise<Producer>;
  readonly log: Logger;
  readonly tombstones: Pick<Tombstones, 'isErased' | 'list'>;
}

const RETRY_MS = 1_000;
const CLOSE_LIMIT_MS = 5_000;
/** Nothing was recorded for so long: what was acknowledged is forgotten without waiting for the next commit. */
const IDLE_MS = 500;
/** Files that leave together. */
const FILES_AT_ONCE = 256;

interface WaitingFile {
  readonly place: OutboxPlace;
  /** Replaced when a card is erased. */
  records: readonly OutputRecord[];
}

/** One sender: records leave in the order in which they were filed, however long the broker is away. */
class OutboxRelay implements Relay {
  readonly #parts: RelayParts;
  readonly #closing = new AbortController();
  readonly #queue: WaitingFile[] = [];
  #sending: Promise<void> | undefined;
  #producer: Promise<Producer> | undefined;
  #acknowledged: OutboxPlace[] = [];

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  async resume(): Promise<void> {
    const entries = await this.#parts.store.readOutbox(OUTBOX_TOPIC, OUTBOX_PARTITION);
    if (entries.length > 0) this.#parts.log.info({ files: entries.length }, 'resending what was recorded');
    const isKept = ({ value }: OutputRecord) => !isAboutErased(value, this.#parts.tombstones);
    for (const { bytes, ...place } of entries) this.send(place, decodeOutputs(bytes).filter(isKept));
  }

  send(place: OutboxPlace, records: readonly OutputRecord[]): void {
    this.#queue.push({ place, records });
    this.#start();
  }

  #start(): void {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      // Filed while the last ones were being crossed off.
      if (this.#closing.signal.aborted) return;
      if (this.#queue.length > 0) this.#start();
      else void this.#forgetWhenIdle();
    });
  }

  takeAcknowledged(): OutboxPlace[] {
    return this.#acknowledged.splice(0);
  }

  waiting(): number {
    return this.#queue.length;
  }

  /** Otherwise records of long ago would lie in the store until somebody records again. */
  async #forgetWhenIdle(): Promise<void> {
    try {
      await wait(IDLE_MS, undefined, { signal: this.#closing.signal, ref: false });
      if (!this.#sending) await this.#forget();
    } catch (error) {
      // The next commit forgets them, or closing does.
      if (!this.#closing.signal.aborted)
        this.#parts.log.warn({ err: error }, 'what the broker took is still filed');
    }
  }

  async #forget(): Promise<void> {
    const acknowledged = this.takeAcknowledged();
    if (acknowledged.length > 0) await this.#parts.store.commit({ acknowledged });
  }

  async erase(cardToken: string): Promise<number> {
    const isAbout = ({ key }: OutputRecord) => key !== null && Buffer.from(key).toString() === cardToken;
    let erased = 0;
    await this.#forget();
    for (const file of [...this.#queue]) {
      const kept = file.records.filter((record) => !isAbout(record));
      if (kept.length === file.records.length) continue;
      erased += file.records.length - kept.length;
      file.records = kept;
      await this.#parts.store.commit({ outbox: [{ ...file.place, bytes: encodeOutputs(kept) }] });
      // Acknowledged meanwhile: filed again for nothing.
      if (!this.#queue.includes(file)) this.#acknowledged.push(file.place);
    }
    return erased;
  }

  async close(): Promise<void> {
    // An attempt under way may still be acknowledged; one that fails is left to the next process.
    this.#closing.abort();
    await Promise.race([this.#sending, wait(CLOSE_LIMIT_MS, undefined, { ref: false })]);
    await this.#forget();
    const producer = await this.#producer?.catch(() => undefined);
    await producer?.close();
  }

  async #sendAll(): Promise<void> {
    // What was filed in one turn leaves together.
    await nextTurn();
    while (this.#queue.length > 0) {
      const files = this.#queue.slice(0, FILES_AT_ONCE);
      try {
        const producer = await this.#connect();
        await producer.send(files.flatMap(({ records }) => records));
        this.#queue.splice(0, files.length);
        this.#acknowledged.push(...files.map(({ place }) => place));
      } catch (error) {
        this.#parts.log.warn(
          { err: error, waiting: this.waiting() },
          'the broker did not take what was recorded',
        );
        if (this.#closing.signal.aborted) return;
        await wait(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
      if (this.#closing.signal.aborted) return;
    }
  }

  /** One connection for all; a failed attempt is not kept. */
  #connect(): Promise<Producer> {
    if (!this.#producer) {
      const opening = this.#parts.openProducer();
      this.#producer = opening;
      opening.catch(() => {
        this.#producer = undefined;
      });
    }
    return this.#producer;
  }
}

export function createRelay(parts: RelayParts): Relay {
  return new OutboxRelay(parts);
}

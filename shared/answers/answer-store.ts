// shared/answers/answer-store.ts: answers kept for repeats of a request: same name and content → the same bytes, across restarts.
import { setImmediate } from 'node:timers';
import { decodeDecision, encodeDecision, readKeepUntilMs } from '../decisions/decision-bytes.ts';
import { openTables, type Tables } from '../storage/lmdb-tables.ts';

/** What was answered to a request. */
export interface KeptAnswer {
  /** Who asked and under which key, or which transaction. */
  readonly name: string;
  /** Hash of the request: another one under the same name is not a repeat. */
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
  readonly keepUntilMs: number;
}

export interface AnswerStore {
  /** Undefined when nothing was answered, or too long ago. */
  find(name: string, nowMs: number): KeptAnswer | undefined;
  /** Resolves to the answers that stand, when they would survive the end of this process: of two processes the first one's. Calls of one turn share a commit. */
  keep(answers: readonly KeptAnswer[], nowMs: number): Promise<KeptAnswer[]>;
  /** Removes every answer in which `text` occurs: an erased card. Returns how many. */
  eraseMentions(text: string): Promise<number>;
  /** Forgets what is past its time. Returns how many. */
  prune(nowMs: number): Promise<number>;
  close(): Promise<void>;
}

interface Waiting {
  readonly answers: readonly KeptAnswer[];
  readonly nowMs: number;
  readonly resolve: (kept: KeptAnswer[]) => void;
  readonly reject: (error: unknown) => void;
}

const HOUR_MS = 3_600_000;
const SCANNED_AT_ONCE = 256;

const toBytes = ({ name, fingerprint, bytes, keepUntilMs }: KeptAnswer): Uint8Array =>
  encodeDecision({ decisionKey: name, contentHash: fingerprint, bytes, keepUntilMs });

const fromBytes = (name: string, packed: Uint8Array): KeptAnswer => {
  const { contentHash, bytes, keepUntilMs } = decodeDecision(name, packed);
  return { name, fingerprint: contentHash, bytes, keepUntilMs };
};

class LmdbAnswerStore implements AnswerStore {
  readonly #tables: Tables<'answers' | 'expiry'>;
  #waiting: Waiting[] = [];

  constructor(directory: string) {
    this.#tables = openTables({ directory, names: ['answers', 'expiry'], isFlushed: false });
  }

  find(name: string, nowMs: number): KeptAnswer | undefined {
    this.#tables.refresh();
    const packed = this.#tables.table.answers.get(name);
    return packed && readKeepUntilMs(packed) > nowMs ? fromBytes(name, packed) : undefined;
  }

  keep(answers: readonly KeptAnswer[], nowMs: number): Promise<KeptAnswer[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ answers, nowMs, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#commit());
    });
  }

  #commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const kept = this.#tables.transaction(() =>
        waiting.map(({ answers, nowMs }) => answers.map((answer) => this.#keepFirst(answer, nowMs))),
      );
      waiting.forEach(({ resolve }, index) => {
        resolve(kept[index] ?? []);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  /** Inside the transaction. An answer whose time is over gives way. */
  #keepFirst(answer: KeptAnswer, nowMs: number): KeptAnswer {
    const { answers, expiry } = this.#tables.table;
    const packed = answers.get(answer.name);
    if (packed && readKeepUntilMs(packed) > nowMs) return fromBytes(answer.name, packed);
    answers.put(answer.name, toBytes(answer));
    expiry.put([Math.ceil(answer.keepUntilMs / HOUR_MS), answer.name], new Uint8Array());
    return answer;
  }

  async eraseMentions(text: string): Promise<number> {
    const { answers } = this.#tables.table;
    let erased = 0;
    let start: string | undefined;
    for (;;) {
      const page = answers.entries({ limit: SCANNED_AT_ONCE, ...(start !== undefined && { start }) });
      for (const { key, value } of page) {
        if (!Buffer.from(value.buffer, value.byteOffset, value.length).includes(text)) continue;
        if (this.#tables.transaction(() => answers.remove(key))) erased += 1;
      }
      const last = page.at(-1)?.key;
      if (page.length < SCANNED_AT_ONCE || typeof last !== 'string') return erased;
      start = `${last}\0`;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async prune(nowMs: number): Promise<number> {
    const { answers, expiry } = this.#tables.table;
    const end = [Math.floor(nowMs / HOUR_MS) + 1];
    let pruned = 0;
    for (;;) {
      const due = this.#tables.transaction(() => {
        const entries = expiry.entries({ end, limit: SCANNED_AT_ONCE });
        for (const { key } of entries) {
          const name = String(key[1]);
          const packed = answers.get(name);
          if (packed && readKeepUntilMs(packed) <= nowMs && answers.remove(name)) pruned += 1;
          expiry.remove(key);
        }
        return entries.length;
      });
      if (due < SCANNED_AT_ONCE) return pruned;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): Promise<void> {
    return this.#tables.close();
  }
}

/** @throws AppError FRAUD_STORE_UNAVAILABLE when the environment cannot be opened */
export function createAnswerStore(directory: string): AnswerStore {
  return new LmdbAnswerStore(directory);
}

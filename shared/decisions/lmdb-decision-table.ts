// shared/decisions/lmdb-decision-table.ts: decisions in LMDB with an index by hour of expiry, so that forgetting reads only what expires.
import { setImmediate } from 'node:timers/promises';
import type { LmdbEnvironment } from '../sequence/lmdb-environment.ts';
import type { StoredDecision } from '../sequence/state-store.ts';
import { isAboutCard } from './about-card.ts';
import { decodeDecision, encodeDecision, readKeepUntilMs } from './decision-bytes.ts';

const HOUR_MS = 3_600_000;
/** Index entries per transaction when forgetting: keeps the write lock for milliseconds. */
const ENTRIES_PER_TRANSACTION = 16;

/** Methods that write must be called inside a write transaction of the environment. */
export interface DecisionTable {
  find(decisionKey: string): StoredDecision | undefined;
  write(decisions: readonly StoredDecision[]): void;
  /** Removes every decision about a card; in transactions of its own. Returns how many. */
  erase(portfolioId: string, cardToken: string): Promise<number>;
  /** In transactions of its own, between which others get their turn. Returns how many were forgotten. */
  prune(nowMs: number): Promise<number>;
}

type Tables = Pick<LmdbEnvironment, 'root' | 'write' | 'decisions' | 'expiry'>;

/** One index entry per commit and hour; its first decision key makes it unique, since a key is written once. */
function writeExpiry({ expiry }: Tables, decisions: readonly StoredDecision[]): void {
  const keysByHour = new Map<number, string[]>();
  for (const { decisionKey, keepUntilMs } of decisions) {
    const hour = Math.ceil(keepUntilMs / HOUR_MS);
    const keys = keysByHour.get(hour);
    if (keys) keys.push(decisionKey);
    else keysByHour.set(hour, [decisionKey]);
  }
  for (const [hour, keys] of keysByHour)
    expiry.putSync([hour, keys[0] ?? ''], Buffer.from(JSON.stringify(keys)));
}

function pruneSome({ write, decisions, expiry }: Tables, nowMs: number): { pruned: number; isDone: boolean } {
  return write(() => {
    const end = Math.floor(nowMs / HOUR_MS) + 1;
    const entries = [...expiry.getRange({ end: [end, ''], limit: ENTRIES_PER_TRANSACTION })];
    let pruned = 0;
    for (const { key, value } of entries) {
      const decisionKeys: string[] = JSON.parse(Buffer.from(value).toString());
      for (const decisionKey of decisionKeys) {
        const stored = decisions.getBinary(decisionKey);
        if (stored && readKeepUntilMs(stored) <= nowMs && decisions.removeSync(decisionKey)) pruned += 1;
      }
      expiry.removeSync(key);
    }
    return { pruned, isDone: entries.length < ENTRIES_PER_TRANSACTION };
  });
}

const SCANNED_AT_ONCE = 512;

/** Keys of decisions of one portfolio from `start` on that are about a card, and where to go on. */
function findAboutCard(
  { root, decisions }: Tables,
  range: { readonly start: string; readonly end: string },
  cardToken: string,
): { readonly keys: string[]; readonly next: string | undefined } {
  root.resetReadTxn();
  const page = [...decisions.getRange({ ...range, limit: SCANNED_AT_ONCE })];
  const keys = page.flatMap(({ key, value }) => (isAboutCard(value, cardToken) ? [key] : []));
  const last = page.length < SCANNED_AT_ONCE ? undefined : page.at(-1)?.key;
  return { keys, next: last === undefined ? undefined : `${last}\0` };
}

async function eraseAboutCard(tables: Tables, portfolioId: string, cardToken: string): Promise<number> {
  const { write, decisions } = tables;
  const end = `${portfolioId}}`; // the character behind the bar: after every key of the portfolio
  let erased = 0;
  for (let start: string | undefined = `${portfolioId}|`; start !== undefined; ) {
    const { keys, next } = findAboutCard(tables, { start, end }, cardToken);
    if (keys.length > 0) {
      erased += write(() => keys.filter((key) => decisions.removeSync(key)).length);
    }
    start = next;
    await setImmediate();
  }
  return erased;
}

export function createDecisionTable(tables: Tables): DecisionTable {
  const { decisions } = tables;
  const find = (decisionKey: string): StoredDecision | undefined => {
    const packed = decisions.getBinary(decisionKey);
    return packed && decodeDecision(decisionKey, packed);
  };
  return {
    find,
    write: (written) => {
      for (const decision of written) decisions.putSync(decision.decisionKey, encodeDecision(decision));
      writeExpiry(tables, written);
    },
    erase: (portfolioId, cardToken) => eraseAboutCard(tables, portfolioId, cardToken),
    prune: async (nowMs) => {
      let total = 0;
      for (;;) {
        const { pruned, isDone } = pruneSome(tables, nowMs);
        total += pruned;
        if (isDone) return total;
        await setImmediate();
      }
    },
  };
}

// shared/labels/parked-evidence.ts: evidence about transactions nobody has seen yet: kept for a while, joined when they come, counted when they do not.
import { z } from 'zod';
import type { EvidenceTable } from './evidence-table.ts';
import type { FindTransactions, TransactionFacts } from './find-transactions.ts';
import { type OutcomeDraft, outcomeDraftSchema } from './outcome-draft.ts';

const PREFIX = 'parked|';
const DEFAULT_TTL_MS = 30 * 86_400_000;
/** Looked up together: a bounded read. */
const BATCH = 1_000;

const parkedSchema = z.object({ draft: outcomeDraftSchema, expiresAtMs: z.number() });
type Parked = z.infer<typeof parkedSchema>;

export interface JoinedEvidence {
  readonly draft: OutcomeDraft;
  readonly facts: TransactionFacts;
}

/** What became of what was parked. */
export interface ReleaseCounts {
  readonly joined: number;
  readonly expired: number;
  readonly waiting: number;
}

export interface ParkedEvidence {
  /** Keeps drafts; one parked again keeps its first time to live. */
  park(drafts: readonly OutcomeDraft[], nowMs: number): void;
  /**
   * Looks for the transactions of everything parked. Those found are handed to `send` and forgotten when it has resolved
   * (killed between the two they are sent again, the same bytes); those too old are forgotten and counted.
   */
  release(nowMs: number, send: (joined: readonly JoinedEvidence[]) => Promise<void>): Promise<ReleaseCounts>;
}

const keyOf = ({ portfolioId, transactionId, outcomeId }: OutcomeDraft): string =>
  `${PREFIX}${portfolioId}|${transactionId}|${outcomeId}`;

const toBytes = (parked: Parked): Uint8Array => Buffer.from(JSON.stringify(parked));
const fromBytes = (bytes: Uint8Array): Parked =>
  parkedSchema.parse(JSON.parse(Buffer.from(bytes).toString()));

/** @param ttlMs how long evidence waits for its transaction; default 30 days */
export function createParkedEvidence(parts: {
  readonly table: EvidenceTable;
  readonly find: FindTransactions;
  readonly ttlMs?: number;
}): ParkedEvidence {
  const { table, find, ttlMs = DEFAULT_TTL_MS } = parts;
  return {
    park: (drafts, nowMs) => {
      table.update(drafts.map(keyOf), (rows) =>
        drafts.map((draft, index) => rows[index] ?? toBytes({ draft, expiresAtMs: nowMs + ttlMs })),
      );
    },
    release: async (nowMs, send) => {
      const rows = table.scan(PREFIX).map(({ key, bytes }) => ({ key, ...fromBytes(bytes) }));
      const counts = { joined: 0, expired: 0, waiting: 0 };
      for (let start = 0; start < rows.length; start += BATCH) {
        const batch = rows.slice(start, start + BATCH);
        const facts = await find(batch.map(({ draft }) => draft));
        const joined = batch.flatMap(({ draft }, index) => {
          const found = facts[index];
          return found ? [{ draft, facts: found }] : [];
        });
        if (joined.length > 0) await send(joined);
        const done = batch.filter(({ expiresAtMs }, index) => facts[index] || expiresAtMs <= nowMs);
        table.update(
          done.map(({ key }) => key),
          () => done.map(() => undefined),
        );
        counts.joined += joined.length;
        counts.expired += done.length - joined.length;
        counts.waiting += batch.length - done.length;
      }
      return counts;
    },
  };
}

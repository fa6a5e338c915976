// shared/erasure/tombstones.ts: which cards were erased, and when: whatever reads topics, archives or files again leaves their earlier events out.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { createDurably } from '../registry/write-durably.ts';

const tombstoneSchema = z.object({
  /** Digest of the card; the token itself is nowhere. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  erasedAtMs: z.number(),
  /** When the card's first and last known events were, ms: tells which models may have learnt from them. */
  active: z.object({ fromMs: z.number(), untilMs: z.number() }).optional(),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

/** One file per erasure below a directory that outlives state stores. */
export interface Tombstones {
  /** Durable when it resolves. Erasing a card again moves the instant. */
  bury(
    portfolioId: string,
    cardToken: string,
    erasedAtMs: number,
    active?: Tombstone['active'],
  ): Promise<Tombstone>;
  /**
   * True for an event of an erased card from before its erasure: it must not come back. Sees what other processes
   * have buried at the latest LOOK_EVERY_MS after they did.
   * @param eventTimeMs when it happened, ms: a card is a new one afterwards
   */
  isErased(portfolioId: string, cardToken: string, eventTimeMs: number): boolean;
  /** The latest of each card. */
  list(): readonly Tombstone[];
  /** From the first to the last known event of a card over all its erasures; undefined when none told. */
  activityOf(portfolioId: string, cardToken: string): Tombstone['active'];
}

/** How long another process may go on without having seen a tombstone, ms. */
export const LOOK_EVERY_MS = 500;

/** Where the tombstones lie: as set, else beside the state directory, so that a lost state does not take them along. */
export function erasuresDirectoryOf(settings: {
  readonly erasuresDirectory: string;
  readonly stateDirectory: string;
}): string {
  return settings.erasuresDirectory || join(dirname(resolve(settings.stateDirectory)), 'erasures');
}

/** SHA-256 of `portfolioId|cardToken`, hex: tells whether a card at hand was erased, not which cards were. */
export function digestOfCard(portfolioId: string, cardToken: string): string {
  return createHash('sha256').update(`${portfolioId}|${cardToken}`).digest('hex');
}

const fileForm = /^[0-9a-f]{64}\.\d+\.json$/;

/** @param directory made when missing; several processes may share it */
export function openTombstones(directory: string): Tombstones {
  mkdirSync(directory, { recursive: true });
  const latest = new Map<string, number>();
  const activity = new Map<string, Tombstone['active']>();
  const note = ({ digest, erasedAtMs, active }: Tombstone): void => {
    latest.set(digest, Math.max(latest.get(digest) ?? 0, erasedAtMs));
    activity.set(digest, joinSpans(activity.get(digest), active));
  };
  const read = new Set<string>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  const look = (): void => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return;
    lookedAt = performance.now();
    for (const name of readdirSync(directory)) {
      if (read.has(name) || !fileForm.test(name)) continue;
      note(tombstoneSchema.parse(JSON.parse(readFileSync(join(directory, name), 'utf8'))));
      read.add(name);
    }
  };
  look();
  return {
    bury: async (portfolioId, cardToken, erasedAtMs, active) => {
      const digest = digestOfCard(portfolioId, cardToken);
      const tombstone = { digest, erasedAtMs, ...(active && { active }) };
      // A name of its own per erasure: whole or not there, and never written twice.
      const path = join(directory, `${tombstone.digest}.${erasedAtMs}.json`);
      await createDurably(path, Buffer.from(`${JSON.stringify(tombstone)}\n`));
      note(tombstone);
      return tombstone;
    },
    isErased: (portfolioId, cardToken, eventTimeMs) => {
      look();
      if (latest.size === 0) return false;
      const erasedAtMs = latest.get(digestOfCard(portfolioId, cardToken));
      return erasedAtMs !== undefined && eventTimeMs <= erasedAtMs;
    },
    list: () => {
      look();
      return [...latest].map(([digest, erasedAtMs]) => ({ digest, erasedAtMs }));
    },
    activityOf: (portfolioId, cardToken) => {
      look();
      return activity.get(digestOfCard(portfolioId, cardToken));
    },
  };
}

function joinSpans(one: Tombstone['active'], other: Tombstone['active']): Tombstone['active'] {
  if (!one || !other) return one ?? other;
  return { fromMs: Math.min(one.fromMs, other.fromMs), untilMs: Math.max(one.untilMs, other.untilMs) };
}

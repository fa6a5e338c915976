// shared/erasure/pending-erasures.ts: erasures that have begun and are not done: who is killed in one finds it here and goes on.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceDurably } from '../registry/write-durably.ts';
import { digestOfCard } from './tombstones.ts';

const pendingSchema = z.object({
  portfolioId: z.string(),
  cardToken: z.string(),
  actor: z.string(),
  erasedAtMs: z.number(),
});
export type PendingErasure = z.infer<typeof pendingSchema>;

/** One file per erasure under way; the only place that names a card while it is being erased. */
export interface PendingErasures {
  /** Durable when it resolves. */
  begin(erasure: PendingErasure): Promise<void>;
  finish(erasure: PendingErasure): Promise<void>;
  list(): PendingErasure[];
}

const fileForm = /^[0-9a-f]{64}\.json$/;

/** @param directory the tombstones' one; made when missing */
export function openPendingErasures(directory: string): PendingErasures {
  const folder = join(directory, 'pending');
  mkdirSync(folder, { recursive: true });
  const fileOf = ({ portfolioId, cardToken }: PendingErasure): string =>
    join(folder, `${digestOfCard(portfolioId, cardToken)}.json`);
  return {
    begin: (erasure) => replaceDurably(fileOf(erasure), Buffer.from(JSON.stringify(erasure))),
    finish: async (erasure) => {
      // No error when another process finished the same erasure.
      await rm(fileOf(erasure), { force: true });
    },
    list: () =>
      readdirSync(folder)
        .filter((name) => fileForm.test(name))
        .map((name) => pendingSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))),
  };
}

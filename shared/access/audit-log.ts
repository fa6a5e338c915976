// shared/access/audit-log.ts: who did what, when: append-only, each entry hashed over the one before, so that a change shows.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { AccessTables } from './access-tables.ts';

export const auditedActs = ['key-create', 'key-rotate', 'key-revoke', 'card-erase'] as const;

const auditEntrySchema = z.object({
  sequence: z.int().min(1),
  at: z.string(),
  act: z.enum(auditedActs),
  /** Key id, token subject, or the operator's name on the command line. */
  actor: z.string(),
  /** What it was done to: a key id, or the digest of an erased card; never a card token. */
  subject: z.string(),
  /** Hash of the entry before; 64 zeros for the first. */
  previous: z.string(),
  /** SHA-256 over everything else, hex. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export interface AuditLog {
  append(entry: Pick<AuditEntry, 'act' | 'actor' | 'subject'>): AuditEntry;
  list(): AuditEntry[];
  /** Goes through the whole chain. @throws AppError FRAUD_AUDIT_BROKEN naming the first entry that does not follow */
  verify(): { readonly entries: number; readonly head: string };
}

const FIRST = '0'.repeat(64);

function hashOf({ hash: _hash, ...rest }: AuditEntry): string {
  const { sequence, at, act, actor, subject, previous } = rest;
  return createHash('sha256')
    .update(JSON.stringify([sequence, at, act, actor, subject, previous]))
    .digest('hex');
}

const decode = (bytes: Uint8Array): AuditEntry =>
  auditEntrySchema.parse(JSON.parse(Buffer.from(bytes).toString()));

export function createAuditLog(tables: AccessTables, clock: Clock): AuditLog {
  const { audit } = tables.table;
  const list = (): AuditEntry[] => {
    tables.refresh();
    return audit.entries().map(({ value }) => decode(value));
  };
  return {
    list,
    append: ({ act, actor, subject }) =>
      // The last entry is read inside: two processes can never both follow the same one.
      tables.transaction(() => {
        const [last] = audit.entries({ reverse: true, limit: 1 }).map(({ value }) => decode(value));
        const sequence = (last?.sequence ?? 0) + 1;
        const at = new Date(clock.now()).toISOString();
        const draft = { sequence, at, act, actor, subject, previous: last?.hash ?? FIRST, hash: '' };
        const entry = { ...draft, hash: hashOf(draft) };
        audit.put([sequence], Buffer.from(JSON.stringify(entry)));
        return entry;
      }),
    verify: () => {
      let previous = FIRST;
      const entries = list();
      for (const [index, entry] of entries.entries()) {
        const follows =
          entry.sequence === index + 1 && entry.previous === previous && entry.hash === hashOf(entry);
        if (!follows) throw new AppError('FRAUD_AUDIT_BROKEN', { facts: { sequence: index + 1 } });
        previous = entry.hash;
      }
      return { entries: entries.length, head: previous };
    },
  };
}

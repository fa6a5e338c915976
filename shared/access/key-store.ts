// shared/access/key-store.ts: API keys at rest: made, listed, rotated with an overlap, revoked; read anew on every request.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { identifierSchema } from '../domain/identifier.ts';
import { AppError } from '../errors.ts';
import type { AccessTables } from './access-tables.ts';
import { isSecretOf, makeKey, readKey } from './api-key.ts';
import { defaultLimits, failModes, type Principal, scopes } from './principal.ts';

const secretSchema = z.object({
  hash: z.string(),
  /** Instant from which it is refused; absent: never. */
  validUntilMs: z.number().optional(),
});

export const keyGrantSchema = z.object({
  name: z.string().min(1).max(64),
  scopes: z.array(z.enum(scopes)).min(1),
  /** `*` for all. */
  portfolios: z.array(z.union([z.literal('*'), identifierSchema])).min(1),
  ratePerSecond: z.number().positive().default(defaultLimits.ratePerSecond),
  concurrency: z.int().positive().default(defaultLimits.concurrency),
  failMode: z.enum(failModes).default(defaultLimits.failMode),
  expiresAtMs: z.number().optional(),
});
/** What a key may do. */
export type KeyGrant = z.input<typeof keyGrantSchema>;

const keyRecordSchema = keyGrantSchema.extend({
  keyId: z.string(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().optional(),
  /** Newest first; more than one while a rotation overlaps. */
  secrets: z.array(secretSchema).min(1),
});
export type KeyRecord = z.infer<typeof keyRecordSchema>;

export interface KeyStore {
  /** The text of the key is in the answer and nowhere else. */
  create(grant: KeyGrant): { readonly text: string; readonly record: KeyRecord };
  list(): KeyRecord[];
  /** Another secret for the same key; the one before stays valid for `overlapMs`. @throws AppError FRAUD_KEY_NOT_FOUND */
  rotate(keyId: string, overlapMs: number): { readonly text: string; readonly record: KeyRecord };
  /** @throws AppError FRAUD_KEY_NOT_FOUND */
  revoke(keyId: string): KeyRecord;
  /** The caller behind a key. @throws AppError FRAUD_CREDENTIAL_INVALID */
  verify(text: string): Principal;
}

const encode = (record: KeyRecord): Uint8Array => Buffer.from(JSON.stringify(record));
const decode = (bytes: Uint8Array): KeyRecord =>
  keyRecordSchema.parse(JSON.parse(Buffer.from(bytes).toString()));

const toPrincipal = (record: KeyRecord): Principal => ({
  id: record.keyId,
  scopes: new Set(record.scopes),
  portfolios: new Set(record.portfolios),
  ratePerSecond: record.ratePerSecond,
  concurrency: record.concurrency,
  failMode: record.failMode,
});

/** An unknown id costs as much as a known one: the hash is made and compared all the same. */
const NO_HASH = '00'.repeat(32);

export function createKeyStore(tables: AccessTables, clock: Clock): KeyStore {
  const { keys } = tables.table;
  /** Principals by the bytes they were made from: parsing is the larger part of a lookup. */
  const parsed = new Map<
    string,
    { readonly bytes: Buffer; readonly record: KeyRecord; readonly principal: Principal }
  >();

  const find = (keyId: string) => {
    const bytes = keys.get(keyId);
    if (!bytes) return undefined;
    const known = parsed.get(keyId);
    if (known && Buffer.compare(known.bytes, bytes) === 0) return known;
    const record = decode(bytes);
    const read = { bytes: Buffer.from(bytes), record, principal: toPrincipal(record) };
    parsed.set(keyId, read);
    return read;
  };
  const change = (keyId: string, update: (record: KeyRecord) => KeyRecord): KeyRecord =>
    tables.transaction(() => {
      const found = find(keyId);
      if (!found) throw new AppError('FRAUD_KEY_NOT_FOUND');
      const record = update(found.record);
      keys.put(keyId, encode(record));
      return record;
    });
  const isInForce = ({ revokedAtMs, expiresAtMs = Number.POSITIVE_INFINITY }: KeyRecord, nowMs: number) =>
    revokedAtMs === undefined && nowMs < expiresAtMs;

  return {
    create: (grant) => {
      const { text, keyId, secretHash } = makeKey();
      const record: KeyRecord = {
        ...keyGrantSchema.parse(grant),
        keyId,
        createdAtMs: clock.now(),
        secrets: [{ hash: secretHash }],
      };
      tables.transaction(() => keys.put(keyId, encode(record)));
      return { text, record };
    },
    list: () => {
      tables.refresh();
      return keys.entries().map(({ value }) => decode(value));
    },
    rotate: (keyId, overlapMs) => {
      const made = makeKey(keyId);
      const validUntilMs = clock.now() + overlapMs;
      const record = change(keyId, (before) => ({
        ...before,
        // Of those before only the newest stays, until the overlap ends.
        secrets: [
          { hash: made.secretHash },
          ...before.secrets.slice(0, 1).map((one) => ({ ...one, validUntilMs })),
        ],
      }));
      return { text: made.text, record };
    },
    revoke: (keyId) =>
      change(keyId, (before) => ({ ...before, revokedAtMs: before.revokedAtMs ?? clock.now() })),
    verify: (text) => {
      const given = readKey(text);
      if (!given) throw new AppError('FRAUD_CREDENTIAL_INVALID');
      tables.refresh();
      const found = find(given.keyId);
      const nowMs = clock.now();
      const matches = (found?.record.secrets ?? [{ hash: NO_HASH }]).filter(
        ({ hash, validUntilMs = Number.POSITIVE_INFINITY }) =>
          isSecretOf(given.secret, hash) && nowMs < validUntilMs,
      );
      if (!found || matches.length === 0 || !isInForce(found.record, nowMs)) {
        throw new AppError('FRAUD_CREDENTIAL_INVALID');
      }
      return found.principal;
    },
  };
}

// shared/access/api-key.ts: the form of an API key: a public id and 256 random bits, of which only the SHA-256 is kept.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'fk';
const SECRET_BYTES = 32;
const ID_LETTERS = 'abcdefghijkmnpqrstuvwxyz';
const ID_LENGTH = 12;
/** `fk_<id>_<secret>`: letters only in the id, so that no id ever looks like a card number. */
const form = /^fk_([a-z]{12})_([A-Za-z0-9_-]{43})$/;

export interface MadeKey {
  /** Shown once, to the person who asked for it. */
  readonly text: string;
  readonly keyId: string;
  readonly secretHash: string;
}

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** A new key. @param keyId of the key whose secret is replaced */
export function makeKey(keyId: string = makeKeyId()): MadeKey {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { text: `${PREFIX}_${keyId}_${secret}`, keyId, secretHash: hashSecret(secret) };
}

function makeKeyId(): string {
  // 24 letters: bytes from 240 on would favour the first ones.
  let id = '';
  while (id.length < ID_LENGTH) {
    for (const byte of randomBytes(ID_LENGTH))
      if (byte < 240 && id.length < ID_LENGTH) id += ID_LETTERS[byte % 24];
  }
  return id;
}

/** Undefined for what cannot be a key. */
export function readKey(text: string): { readonly keyId: string; readonly secret: string } | undefined {
  const [, keyId, secret] = form.exec(text) ?? [];
  return keyId === undefined || secret === undefined ? undefined : { keyId, secret };
}

/** Compares in constant time. @param secretHash as stored, hex */
export function isSecretOf(secret: string, secretHash: string): boolean {
  const given = Buffer.from(hashSecret(secret), 'hex');
  const stored = Buffer.from(secretHash, 'hex');
  return given.length === stored.length && timingSafeEqual(given, stored);
}

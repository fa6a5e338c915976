// shared/edge/read-object.ts: record bytes → JSON object, within limits; every way to fail has its own code.
import { isAscii, isUtf8 } from 'node:buffer';
import { AppError } from '../errors.ts';
import type { EdgeSettings } from './edge-settings.ts';
import { hasLongNumber, hasOpenings, measureNesting } from './scan-bytes.ts';

export interface RawObject {
  readonly object: Readonly<Record<string, unknown>>;
  /**
   * Strings and keys must be looked at one by one: digits enough for a card number, an escape that could hide
   * one, or two underscores (`__proto__`). May ask for a look that finds nothing, never the reverse.
   */
  readonly needsCloserLook: boolean;
}

/**
 * Decodes and parses one record value. Nothing of the value is in the error.
 * @throws AppError FRAUD_RECORD_EMPTY, _TOO_LARGE, _NOT_UTF8, _TOO_DEEP, _TRUNCATED or _NOT_JSON
 */
export function readObject(value: Uint8Array | null, settings: EdgeSettings): RawObject {
  if (value === null || value.length === 0) throw new AppError('FRAUD_RECORD_EMPTY');
  if (value.length > settings.maxRecordBytes)
    throw new AppError('FRAUD_RECORD_TOO_LARGE', {
      detail: `Expected at most ${settings.maxRecordBytes} bytes, got ${value.length}.`,
    });
  const text = decode(value);
  // Arrays have no place in a transaction: a text with one, or with many braces, is measured before it is parsed.
  if (text.includes('[') || hasOpenings(text, settings.maxDepth + 1)) checkDepth(value, settings.maxDepth);
  const parsed = parseJson(text, value);
  if (!isObject(parsed))
    throw new AppError('FRAUD_RECORD_NOT_JSON', { detail: `Expected an object, got ${kindOf(parsed)}.` });
  return {
    object: parsed,
    needsCloserLook: hasLongNumber(value) || text.includes('\\') || text.includes('__'),
  };
}

function checkDepth(value: Uint8Array, maxDepth: number): void {
  if (measureNesting(value).deepest > maxDepth)
    throw new AppError('FRAUD_RECORD_TOO_DEEP', { detail: `Expected at most ${maxDepth} levels.` });
}

function decode(value: Uint8Array): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // Latin-1 is the faster reading of plain ASCII; JSON.parse is faster on its one-byte strings, too.
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw new AppError('FRAUD_RECORD_NOT_UTF8');
  return bytes.toString('utf8');
}

function parseJson(text: string, value: Uint8Array): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own sentence quotes the record, so it is not passed on as cause.
    const startsAsObject = text.trimStart().startsWith('{');
    if (startsAsObject && measureNesting(value).isCutOff) throw new AppError('FRAUD_RECORD_TRUNCATED');
    throw new AppError('FRAUD_RECORD_NOT_JSON');
  }
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

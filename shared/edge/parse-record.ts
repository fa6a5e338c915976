// shared/edge/parse-record.ts: what transactions and outcomes have in common at the edge: limits, schema, key, times.
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { type FieldClass, holdsCardNumber, maskCardNumbers } from './card-number.ts';
import type { EdgeSettings } from './edge-settings.ts';
import { inspectStrings } from './inspect-strings.ts';
import { type RawObject, readObject } from './read-object.ts';

/** A refused record. The dead letter holds the original bytes, or the masked ones where a card number is in them. */
export interface InvalidRecord {
  readonly kind: 'invalid';
  readonly error: AppError;
  /** Value with card numbers masked; absent when the original may be kept byte for byte. */
  readonly masked?: Uint8Array;
  /** Key with card numbers masked; absent when the original may be kept. */
  readonly maskedKey?: Uint8Array;
}

/** What an accepted record tells beside its value. */
export interface ParsedRecord<Value> {
  readonly value: Value;
  /** Fields the schema does not know: ignored and counted. */
  readonly unknownFields: number;
  /** Ids that look like a card number by chance or by mistake: counted (see inspect-strings.ts). */
  readonly idsLikeCardNumbers: number;
}

/** One subject of the edge. */
export interface RecordReader<Value> {
  readonly schema: z.ZodType<Value>;
  readonly classes: ReadonlyMap<string, FieldClass>;
  readonly strictClasses: ReadonlyMap<string, FieldClass>;
  readonly countUnknownFields: (object: Readonly<Record<string, unknown>>) => number;
}

/** @throws AppError of kind `data`; see read-object.ts, inspect-strings.ts and the codes below */
export function parseRecord<Value extends { readonly cardToken: string }>(
  record: { readonly value: Uint8Array | null; readonly key: Uint8Array | null },
  reader: RecordReader<Value>,
  settings: EdgeSettings,
): ParsedRecord<Value> {
  const parsed = parseFields(readObject(record.value, settings), reader, settings);
  checkKey(record.key, parsed.value.cardToken);
  return parsed;
}

/** The part of `parseRecord` after the bytes: forbidden names, card numbers, schema. @throws AppError of kind `data` */
export function parseFields<Value>(
  { object, needsCloserLook }: RawObject,
  reader: RecordReader<Value>,
  settings: Pick<EdgeSettings, 'idRule'>,
): ParsedRecord<Value> {
  const classes = settings.idRule === 'strict' ? reader.strictClasses : reader.classes;
  const idsLikeCardNumbers = needsCloserLook ? inspectStrings(object, classes) : 0;
  const parsed = reader.schema.safeParse(object);
  if (!parsed.success) throw toFieldError(parsed.error);
  return { value: parsed.data, unknownFields: reader.countUnknownFields(object), idsLikeCardNumbers };
}

/** Runs a parser; a data error becomes an InvalidRecord with masked bytes, any other error goes on. */
export function refuseDataErrors<Accepted>(
  record: { readonly value: Uint8Array | null; readonly key: Uint8Array | null },
  parse: () => Accepted,
): Accepted | InvalidRecord {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'data') throw error;
    const masked = record.value === null ? null : maskCardNumbers(record.value);
    const maskedKey = record.key === null ? null : maskCardNumbers(record.key);
    return {
      kind: 'invalid',
      error,
      ...(masked !== null && masked !== record.value && { masked }),
      ...(maskedKey !== null && maskedKey !== record.key && { maskedKey }),
    };
  }
}

/** The first problem as an error that names its field; others are listed without values. */
export function toFieldError(error: z.ZodError): AppError {
  const [first] = error.issues;
  const path = (issue: z.core.$ZodIssue) => issue.path.join('.');
  const others = [...new Set(error.issues.slice(1).map(path))].slice(0, 5);
  const field = first ? path(first) : '';
  const also = others.length > 0 ? ` Also invalid: ${others.join(', ')}.` : '';
  const detail = `${first?.message ?? ''}.${also}`;
  const isAmount = field === 'amountMinor' || field === 'billingAmountMinor';
  return new AppError(isAmount ? 'FRAUD_AMOUNT_INVALID' : 'FRAUD_FIELD_INVALID', {
    field,
    detail,
    facts: { problems: error.issues.length },
  });
}

function checkKey(key: Uint8Array | null, cardToken: string): void {
  if (key === null || key.length === 0) throw new AppError('FRAUD_RECORD_KEY_MISSING');
  if (isSameText(key, cardToken)) return;
  const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf8');
  if (holdsCardNumber(text, 'card')) throw new AppError('FRAUD_CARD_NUMBER_PRESENT', { field: 'key' });
  if (text !== cardToken) throw new AppError('FRAUD_RECORD_KEY_MISMATCH', { field: 'cardToken' });
}

function isSameText(bytes: Uint8Array, text: string): boolean {
  if (bytes.length !== text.length) return false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte > 0x7f || byte !== text.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * @throws AppError FRAUD_EVENT_TIME_IMPLAUSIBLE naming the field
 */
export function checkTime(
  field: string,
  milliseconds: number,
  limits: { readonly nowMs: number; readonly maxFutureMs: number; readonly maxPastMs: number },
): void {
  const aheadMs = milliseconds - limits.nowMs;
  if (aheadMs <= limits.maxFutureMs && -aheadMs <= limits.maxPastMs) return;
  const days = (span: number) => `${Math.round(span / 864_000) / 100} days`;
  const detail =
    aheadMs > 0
      ? `Expected at most ${days(limits.maxFutureMs)} ahead of the clock, got ${days(aheadMs)}.`
      : `Expected at most ${days(limits.maxPastMs)} before the clock, got ${days(-aheadMs)}.`;
  throw new AppError('FRAUD_EVENT_TIME_IMPLAUSIBLE', { field, detail });
}

// shared/edge/inspect-strings.ts: the closer look at a parsed record: forbidden names, control characters, card numbers.
import { AppError } from '../errors.ts';
import { type FieldClass, holdsCardNumber, looksLikeCardNumber } from './card-number.ts';
import { isObject } from './read-object.ts';

/** Control characters would end up in keys and log lines, lone surrogates cannot be stored as UTF-8. */
const unstorable = /[\p{Surrogate}\p{Control}]/u;

/**
 * Visits every string and key of a record that `scanBytes` found worth it.
 * @param classes path → class of the schema's fields; a field that is not among them is looked at like an id
 * @returns how many accepted ids look like a card number: chance for numeric ids (about one in forty of 16
 *   digits), nearly all of them where somebody sends card numbers as ids
 * @throws AppError FRAUD_FIELD_FORBIDDEN, FRAUD_CARD_NUMBER_PRESENT or FRAUD_FIELD_INVALID, naming the field
 */
export function inspectStrings(
  object: Readonly<Record<string, unknown>>,
  classes: ReadonlyMap<string, FieldClass>,
): number {
  return inspect(object, '', classes);
}

function inspect(value: unknown, path: string, classes: ReadonlyMap<string, FieldClass>): number {
  if (typeof value === 'string') return inspectString(value, path, classes);
  if (Array.isArray(value)) return value.reduce((sum, element) => sum + inspect(element, path, classes), 0);
  if (!isObject(value)) return 0;
  let lookalikes = 0;
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new AppError('FRAUD_FIELD_FORBIDDEN', { field: nameOf(path, classes) });
    if (holdsCardNumber(key, 'card'))
      throw new AppError('FRAUD_CARD_NUMBER_PRESENT', { field: 'a field name' });
    lookalikes += inspect(value[key], path === '' ? key : `${path}.${key}`, classes);
  }
  return lookalikes;
}

function inspectString(text: string, path: string, classes: ReadonlyMap<string, FieldClass>): number {
  const known = classes.get(path);
  const fieldClass = known ?? 'id';
  if (holdsCardNumber(text, fieldClass))
    throw new AppError('FRAUD_CARD_NUMBER_PRESENT', { field: known ? path : 'an unknown field' });
  if (known && unstorable.test(text))
    throw new AppError('FRAUD_FIELD_INVALID', {
      field: path,
      detail: 'Expected no control characters and no half characters.',
    });
  return fieldClass === 'id' && looksLikeCardNumber(text) ? 1 : 0;
}

/** Names of fields the schema does not know may hold anything, so they are not repeated. */
function nameOf(path: string, classes: ReadonlyMap<string, FieldClass>): string {
  if (path === '') return 'the record';
  return classes.has(path) ? path : 'an unknown field';
}

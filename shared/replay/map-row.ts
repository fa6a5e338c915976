// shared/replay/map-row.ts: one row of a foreign table → Transaction and label, or the reason why not.
import { type Transaction, transactionSchema } from '../domain/transaction.ts';
import { transactionClasses } from '../edge/field-classes.ts';
import { inspectStrings } from '../edge/inspect-strings.ts';
import { toFieldError } from '../edge/parse-record.ts';
import { checkCurrencies } from '../edge/parse-transaction.ts';
import { AppError } from '../errors.ts';
import { isCurrency } from '../features/codes.ts';
import type { AmountSource, CurrencySource, MappableField, Mapping } from './mapping.ts';
import { columnsOf } from './source-columns.ts';
import { majorToMinor, toNumber } from './to-minor-units.ts';

/** One row of a chunk that is held by columns, in the order of `columnsOf`; null = missing. */
export interface Cells {
  readonly columns: readonly (readonly unknown[])[];
  readonly row: number;
}

export interface MappedRow {
  readonly transaction: Transaction;
  readonly label: 'fraud' | 'genuine' | undefined;
}

interface Draft {
  readonly [field: string]: unknown;
}

const classes = transactionClasses('id');
/** Card numbers need this many digits; rows without such a run are not looked at twice. */
const manyDigits = /\d[\d .\-_]{10,}\d/;

/**
 * Compiles a mapping to a function over rows.
 * The function throws AppError of kind `data` for a row that is no valid transaction.
 */
export function createRowMapper(mapping: Mapping): (eventTimeMs: number | null, cells: Cells) => MappedRow {
  const position = new Map(columnsOf(mapping).map((name, index) => [name, index]));
  const cellOf = (cells: Cells, column: string): string | undefined => {
    const text = cells.columns[position.get(column) ?? -1]?.[cells.row];
    return typeof text === 'string' && text !== '' ? text : undefined;
  };
  const fillers = Object.entries(mapping.fields).map(([field, source]) =>
    createFiller(field, source, cellOf),
  );
  const translators = Object.entries(mapping.values).map(([column, translation]) =>
    createTranslator(column, translation, cellOf),
  );
  const label = createLabelReader(mapping, cellOf);
  const base = { portfolioId: mapping.name };
  return (eventTimeMs, cells) => {
    const draft: Record<string, unknown> = { ...base, eventTime: toEventTime(eventTimeMs) };
    for (const fill of fillers) fill(cells, draft);
    for (const translate of translators) translate(cells, draft);
    fillAmount(draft, 'amountMinor', 'currency', readMoney(mapping, cells, cellOf));
    if (mapping.billing)
      fillAmount(draft, 'billingAmountMinor', 'billingCurrency', readMoney(mapping.billing, cells, cellOf));
    return { transaction: toTransaction(draft), label: label(cells) };
  };
}

type CellOf = (cells: Cells, column: string) => string | undefined;
type Filler = (cells: Cells, draft: Record<string, unknown>) => void;

function toEventTime(eventTimeMs: number | null): string | undefined {
  // Beyond ±8.64e15 ms no date exists.
  if (eventTimeMs === null || Math.abs(eventTimeMs) > 8.64e15) return undefined;
  return new Date(eventTimeMs).toISOString();
}

function createFiller(
  field: string,
  source: NonNullable<Mapping['fields'][MappableField]>,
  cellOf: CellOf,
): Filler {
  const put = createPutter(field);
  if ('constant' in source) return (_cells, draft) => put(draft, source.constant);
  const { column, prefix = '', width = 0 } = source;
  return (cells, draft) => {
    const text = cellOf(cells, column);
    if (text !== undefined) put(draft, prefix + text.padStart(width, '0'));
  };
}

function createTranslator(
  column: string,
  { map, otherwise }: Mapping['values'][string],
  cellOf: CellOf,
): Filler {
  const translations = new Map(
    Object.entries(map).map(([value, fields]) => [
      value,
      Object.entries(fields).map(([field, text]) => ({ put: createPutter(field), text })),
    ]),
  );
  return (cells, draft) => {
    const value = cellOf(cells, column);
    const fields = value === undefined ? [] : translations.get(value);
    if (!fields && otherwise === 'refuse')
      throw new AppError('FRAUD_FIELD_INVALID', {
        field: column,
        detail: 'Expected a value that the mapping knows.',
      });
    for (const { put, text } of fields ?? []) put(draft, text);
  };
}

/** Sets `field` or `parent.field` of a draft, as the type the schema wants. */
function createPutter(path: string): (draft: Record<string, unknown>, text: string) => void {
  const convert = converterOf(path);
  const [parent = '', field] = path.split('.');
  if (field === undefined)
    return (draft, text) => {
      draft[parent] = convert(text);
    };
  return (draft, text) => {
    draft[parent] ??= {};
    (draft[parent] as Record<string, unknown>)[field] = convert(text);
  };
}

function converterOf(path: string): (text: string) => unknown {
  if (path === 'monthsPastDue') return (text) => toNumber(text) ?? text;
  if (path === 'cardPresent')
    return (text) => /^(true|1|y|yes)$/i.test(text) || (/^(false|0|n|no)$/i.test(text) ? false : text);
  return (text) => text;
}

interface Money {
  readonly amountMinor: number | undefined;
  readonly currency: string | undefined;
  readonly isRefund: boolean;
}

function readMoney(
  from: { readonly amount: AmountSource; readonly currency: CurrencySource },
  cells: Cells,
  cellOf: CellOf,
): Money {
  const currency = 'constant' in from.currency ? from.currency.constant : cellOf(cells, from.currency.column);
  if (currency !== undefined && !isCurrency(currency))
    throw new AppError('FRAUD_CURRENCY_UNKNOWN', { field: 'currency' });
  const text = cellOf(cells, from.amount.column) ?? '';
  const signed = from.amount.unit === 'minor' ? toNumber(text) : majorToMinor(text, currency ?? '');
  const isRefund = signed !== undefined && signed < 0 && from.amount.negative === 'refund';
  return { amountMinor: isRefund ? -signed : signed, currency, isRefund };
}

function fillAmount(
  draft: Record<string, unknown>,
  amountField: string,
  currencyField: string,
  { amountMinor, currency, isRefund }: Money,
): void {
  draft[amountField] = amountMinor;
  draft[currencyField] = currency;
  if (isRefund) draft.type ??= 'refund';
}

function createLabelReader({ label }: Mapping, cellOf: CellOf): (cells: Cells) => MappedRow['label'] {
  if (!label) return () => undefined;
  const fraud = new Set(label.fraud);
  const genuine = new Set(label.genuine);
  return (cells) => {
    const text = cellOf(cells, label.column) ?? '';
    if (fraud.has(text)) return 'fraud';
    return genuine.has(text) ? 'genuine' : undefined;
  };
}

function toTransaction(draft: Draft): Transaction {
  const parsed = transactionSchema.safeParse(draft);
  if (!parsed.success) throw toFieldError(parsed.error);
  checkCurrencies(parsed.data);
  if (hasManyDigits(draft)) inspectStrings(draft, classes);
  return parsed.data;
}

function hasManyDigits(draft: Draft): boolean {
  return Object.values(draft).some((value) =>
    typeof value === 'string'
      ? manyDigits.test(value)
      : typeof value === 'object' && hasManyDigits(value as Draft),
  );
}

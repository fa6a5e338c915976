// shared/replay/source-columns.ts: which columns of the foreign table a mapping reads, and where each lands in a row.
import type { Mapping } from './mapping.ts';

/** Every column the mapping reads, each once, in a fixed order. The time column is read by the query itself. */
export function columnsOf(mapping: Mapping): readonly string[] {
  const { amount, currency, billing, fields, values, label } = mapping;
  const names = [amount.column, billing?.amount.column, label?.column, ...Object.keys(values)];
  for (const source of [currency, billing?.currency, ...Object.values(fields)])
    if (source && 'column' in source) names.push(source.column);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** Columns of the file that the mapping neither reads nor ignores on purpose: worth a look. */
export function unusedColumns(mapping: Mapping, available: readonly string[]): string[] {
  const known = new Set([mapping.time.column, ...columnsOf(mapping), ...mapping.ignoredColumns]);
  return available.filter((name) => !known.has(name));
}

/** Columns the mapping needs and the file lacks. */
export function missingColumns(mapping: Mapping, available: readonly string[]): string[] {
  const present = new Set(available);
  return [mapping.time.column, ...columnsOf(mapping)].filter((name) => !present.has(name));
}

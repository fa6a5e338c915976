// shared/archive/relation.ts: Parquet files of one kind as one SQL relation with exactly the columns of today's table.
import type { ArchiveColumn } from './columns.ts';
import { quoteText } from './duck-values.ts';

/**
 * SQL of a relation: files written before a column existed have NULL there, columns that are not in the table are left out.
 * Without files the relation is empty.
 */
export function relationOf(columns: readonly ArchiveColumn[], files: readonly string[]): string {
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const none = columns.map(({ name, type }) => `NULL::${type} AS "${name}"`).join(', ');
  const template = `SELECT ${none} WHERE false`;
  if (files.length === 0) return `(${template})`;
  const read = `SELECT * FROM read_parquet([${files.map(quoteText).join(', ')}], union_by_name = true, hive_partitioning = false)`;
  return `(SELECT ${names} FROM (${template} UNION ALL BY NAME ${read}))`;
}

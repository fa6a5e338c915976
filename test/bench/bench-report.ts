// test/bench/bench-report.ts: what a bench program gives back, and its table as text.

/** One row of the table: column → cell. All rows have the columns of the first. */
export type TableRow = Readonly<Record<string, string | number>>;

export interface BenchReport {
  /** For people. */
  readonly table: readonly TableRow[];
  /** For programs: plain JSON with units in the names. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** What a file in test/bench/programs exports. */
export interface BenchProgram {
  measure(options: readonly string[]): Promise<BenchReport>;
}

export function hasMeasure(program: unknown): program is BenchProgram {
  return (
    typeof program === 'object' &&
    program !== null &&
    'measure' in program &&
    typeof program.measure === 'function'
  );
}

/** Columns padded, numbers to the right. */
export function printTable(rows: readonly TableRow[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string) =>
    Math.max(column.length, ...rows.map((row) => String(row[column] ?? '').length));
  const cell = (column: string, value: string | number) =>
    typeof value === 'number' ? String(value).padStart(width(column)) : value.padEnd(width(column));
  const lines = rows.map((row) => columns.map((column) => cell(column, row[column] ?? '')).join('  '));
  const header = columns.map((column) =>
    cell(column, typeof rows[0]?.[column] === 'number' ? column.padStart(width(column)) : column),
  );
  return `${[header.join('  '), ...lines].join('\n')}\n`;
}

/** Middle of the values (the mean of the two middle ones when their number is even). */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

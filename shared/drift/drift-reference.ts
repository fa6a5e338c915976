// shared/drift/drift-reference.ts: what is usual, stored with a model: bins, counts, and how much quiet days differ among themselves.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { chooseEdges } from './bins.ts';
import { driftSources, measureEmbedding, planColumns } from './columns.ts';
import { addDays, createDayCounter, type DayCounter, type DayCounts } from './day-counts.ts';
import { type DriftRow, dayOf } from './drift-row.ts';
import { measureHighest, measureSpread } from './null-spread.ts';
import { measureTrend } from './own-trend.ts';

/** Name of the file in a model version. */
export const DRIFT_REFERENCE_FILE = 'drift-reference.json';

const numbers = z.array(z.number());

export const driftReferenceSchema = z.object({
  formatVersion: z.literal(1),
  /** Names of the values of a row, in order. */
  inputs: z.array(z.string()),
  /** First and last day, days since the epoch, UTC. */
  firstDay: z.int(),
  lastDay: z.int(),
  /** Days of a recent window: whole weeks, so that weekdays weigh alike. */
  windowDays: z.int().min(1),
  days: z.int().min(1),
  rows: z.int().min(1),
  alerts: z.int().min(0),
  cardDays: z.int().min(1),
  expectedFrauds: z.number(),
  expectedAlertedFrauds: z.number(),
  embedding: z.object({ means: numbers, deviations: numbers }),
  /** Per column: edges; by bin card-days, how much more than chance they vary from window to window (≥ 1), and how fast they moved. */
  columns: z.array(
    z.object({ name: z.string(), edges: numbers, counts: numbers, spread: numbers, trend: numbers }),
  ),
  /** Largest deviation, by source, of any window of the reference from the rest of it. */
  highest: z.record(z.enum(driftSources), z.number()),
});
export type DriftReference = z.infer<typeof driftReferenceSchema>;

export interface DriftReferenceOptions {
  /** Names of `DriftRow.values`, in order: those of the full head. */
  readonly inputs: readonly string[];
  /** Default 7. */
  readonly windowDays?: number;
}

/** Fewer windows than this tell nothing of how windows differ. */
const LEAST_WINDOWS = 2;
/** Rows of which the bins are chosen: every n-th of more, evenly over the window. */
const SAMPLED_ROWS = 100_000;

/**
 * Measures a quiet window of past traffic: every decided transaction of some weeks, or all of some cards. No label is looked at.
 * @param rows in any order; a first and a last day that are cut off belong in none of it
 * @throws AppError FRAUD_DRIFT_REFERENCE_SHORT when the rows span fewer than two recent windows
 */
export function buildDriftReference(
  rows: readonly DriftRow[],
  { inputs, windowDays = 7 }: DriftReferenceOptions,
): DriftReference {
  const every = Math.ceil(rows.length / SAMPLED_ROWS);
  const sample = rows.filter((_, index) => index % every === 0);
  const embedding = measureEmbedding(inputs, sample);
  const columns = planColumns(inputs, embedding);
  const edges = columns.map((column) => chooseEdges(Float64Array.from(sample, (row) => column.read(row))));
  const days = countDays(rows, () => createDayCounter(columns, edges));
  if (days.length < LEAST_WINDOWS * windowDays) {
    throw new AppError('FRAUD_DRIFT_REFERENCE_SHORT', {
      detail: `Expected rows of ${LEAST_WINDOWS * windowDays} days at least, got ${days.length}.`,
    });
  }
  const counts = days.map(([, day]) => day);
  const sum = addDays(counts, createDayCounter(columns, edges).counts);
  const spreads = measureSpread(counts, sum, windowDays);
  const trends = measureTrend(counts, spreads);
  const quiet = columns.map((_, index) => ({ spread: spreads[index] ?? [], trend: trends[index] ?? [] }));
  return {
    formatVersion: 1,
    inputs: [...inputs],
    firstDay: days[0]?.[0] ?? 0,
    lastDay: days.at(-1)?.[0] ?? 0,
    windowDays,
    days: days.length,
    rows: sum.rows,
    alerts: sum.alerts,
    cardDays: sum.cardDays,
    expectedFrauds: sum.expectedFrauds,
    expectedAlertedFrauds: sum.expectedAlertedFrauds,
    embedding: { means: [...embedding.means], deviations: [...embedding.deviations] },
    columns: columns.map(({ name }, index) => ({
      name,
      edges: [...(edges[index] ?? [])],
      counts: Array.from(sum.bins[index] ?? []),
      spread: spreads[index] ?? [],
      trend: trends[index] ?? [],
    })),
    highest: measureHighest({ columns, total: sum, quiet, days: counts, windowDays }),
  };
}

function countDays(rows: readonly DriftRow[], createCounter: () => DayCounter): [number, DayCounts][] {
  const counters = new Map<number, DayCounter>();
  for (const row of rows) {
    const day = dayOf(row.eventTimeMs);
    let counter = counters.get(day);
    if (!counter) {
      counter = createCounter();
      counters.set(day, counter);
    }
    counter.add(row);
  }
  return [...counters]
    .sort(([left], [right]) => left - right)
    .map(([day, { counts }]): [number, DayCounts] => [day, counts]);
}

/** The bytes that are stored with the model: the same rows give the same bytes. */
export function toDriftReferenceBytes(reference: DriftReference): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(driftReferenceSchema.parse(reference))}\n`);
}

/** @throws AppError FRAUD_MODEL_INVALID when the file is no drift reference */
export function parseDriftReference(bytes: Uint8Array): DriftReference {
  const text = new TextDecoder().decode(bytes);
  const parsed = driftReferenceSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new AppError('FRAUD_MODEL_INVALID', {
      field: DRIFT_REFERENCE_FILE,
      detail: z.prettifyError(parsed.error),
    });
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Counts of the whole reference window, as a window like any other. */
export function totalOf(reference: DriftReference): DayCounts {
  const { rows, alerts, cardDays, expectedFrauds, expectedAlertedFrauds } = reference;
  const bins = reference.columns.map(({ counts }) => Float64Array.from(counts));
  return { rows, alerts, cardDays, expectedFrauds, expectedAlertedFrauds, bins };
}

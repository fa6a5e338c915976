// services/retrainer/read-drift-days.ts: archived rows of a day → its counts, as drift is measured on them; a day that did not change is not read again.
import { DuckDBBlobValue, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import { archiveColumns } from '../../shared/archive/columns.ts';
import { chunksOf, floatsOf, quoteText } from '../../shared/archive/duck-values.ts';
import { fetchFiles, listFiles } from '../../shared/archive/list-files.ts';
import type { DayFile } from '../../shared/archive/object-names.ts';
import { relationOf } from '../../shared/archive/relation.ts';
import { createDayCounter, type DayCounts } from '../../shared/drift/day-counts.ts';
import { DAY_MS, type DriftRow } from '../../shared/drift/drift-row.ts';
import type { DatedCounts, DriftJudge } from '../../shared/drift/judge-drift.ts';
import { CURRENT_EVENT_COUNT } from '../../shared/encoder/channels.ts';
import { writeHeadInput } from '../../shared/head/head-inputs.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import { sampleGenuine } from '../../shared/training-set/sampling.ts';

export interface DriftRowsParts {
  readonly store: ArchiveStore;
  readonly connection: DuckDBConnection;
  /** Only what this version scored: another one's scores are spread otherwise. */
  readonly modelVersion: string;
  readonly reviewAbove: number;
  /** Share of the cards that is counted. */
  readonly cardShare: number;
}

export interface DriftDaysParts extends DriftRowsParts {
  readonly judge: DriftJudge;
  /** How many days are wanted, the newest complete ones. */
  readonly days: number;
}

export interface DriftDays {
  /** The newest days that are complete: a later one has begun. */
  read(): Promise<DatedCounts[]>;
}

export function createDriftDays(parts: DriftDaysParts): DriftDays {
  const known = new Map<string, { readonly key: string; readonly counts: DayCounts }>();
  return {
    read: async () => {
      const days = groupByDay((await listFiles(parts.store, 'training-rows')).visible);
      const wanted = [...days.keys()].sort().slice(0, -1).slice(-parts.days);
      for (const day of known.keys()) if (!wanted.includes(day)) known.delete(day);
      for (const day of wanted) {
        const files = days.get(day) ?? [];
        const key = files.map(({ object }) => `${object.name}@${object.version}`).join();
        if (known.get(day)?.key !== key) known.set(day, { key, counts: await countDay(files, parts) });
      }
      return [...known].map(([day, { counts }]) => ({ day: Date.parse(day) / DAY_MS, counts }));
    },
  };
}

export function groupByDay(files: readonly DayFile[]): Map<string, DayFile[]> {
  const days = new Map<string, DayFile[]>();
  for (const file of files) days.set(file.day, [...(days.get(file.day) ?? []), file]);
  return days;
}

/** A row that was sent again counts once. Rows below tier full have no readings: they count as missing. */
function queryOf(paths: readonly string[], { modelVersion, cardShare }: DriftRowsParts): string {
  return `SELECT portfolio_id || '|' || card_token, event_time_ms, score, event, features, readings FROM (
    SELECT *, row_number() OVER (PARTITION BY portfolio_id, transaction_id ORDER BY "partition", "offset") AS copy
    FROM ${relationOf(archiveColumns['training-rows'], paths)} AS archived
    WHERE model_version = ${quoteText(modelVersion)} AND features IS NOT NULL
      AND substr(md5(portfolio_id || '|' || card_token), 1, 8) < ${quoteText(sampleGenuine(cardShare).keepBelow)}
  ) AS copies WHERE copy = 1`;
}

async function countDay(files: readonly DayFile[], parts: DriftDaysParts): Promise<DayCounts> {
  const { judge } = parts;
  const counter = createDayCounter(
    judge.columns,
    judge.reference.columns.map(({ edges }) => edges),
  );
  const width = judge.reference.inputs.length;
  for await (const row of readDriftRows(files, { ...parts, width })) counter.add(row);
  return counter.counts;
}

/** Every row of these files as drift is measured on it, in any order. */
export async function* readDriftRows(
  files: readonly DayFile[],
  parts: DriftRowsParts & { readonly width: number },
): AsyncGenerator<DriftRow> {
  const { store, connection, reviewAbove, width } = parts;
  const paths = await fetchFiles(store, files);
  const result = await connection.stream(queryOf(paths, parts));
  for await (const chunk of chunksOf(result)) {
    for (const [card, time, score, event, features, readings] of chunk.getRows()) {
      const values = toValues({ event, features, readings }, width);
      if (!values) continue;
      const probability = Number(score);
      yield {
        eventTimeMs: Number(time),
        card: hashTransactionId(String(card)).idLow,
        values,
        score: probability,
        isAlert: probability >= reviewAbove,
      };
    }
  }
}

interface RowBlobs {
  readonly event: DuckDBValue | undefined;
  readonly features: DuckDBValue | undefined;
  readonly readings: DuckDBValue | undefined;
}

/** Undefined for a row that has no event or features. */
function toValues({ event, features, readings }: RowBlobs, width: number): Float32Array | undefined {
  if (!(event instanceof DuckDBBlobValue && features instanceof DuckDBBlobValue)) return undefined;
  const values = new Float32Array(width);
  const own = { events: event.bytes, features: floatsOf(features.bytes) };
  if (readings instanceof DuckDBBlobValue) {
    writeHeadInput({ ...own, readings: floatsOf(readings.bytes) }, values);
    return values;
  }
  const lower = new Float32Array(own.features.length + CURRENT_EVENT_COUNT);
  writeHeadInput(own, lower);
  values.fill(Number.NaN, 0, width - lower.length);
  values.set(lower, width - lower.length);
  return values;
}

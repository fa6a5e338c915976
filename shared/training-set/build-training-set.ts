// shared/training-set/build-training-set.ts: READ FIRST: archive + cut → rows of three windows as they were scored, labels as they were known, and a snapshot id.
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ArchiveStore } from '../archive/archive-store.ts';
import { archiveColumns } from '../archive/columns.ts';
import { openDuck } from '../archive/duck.ts';
import { quoteText } from '../archive/duck-values.ts';
import { fetchFiles, listFiles } from '../archive/list-files.ts';
import type { ArchiveKind, DayFile } from '../archive/object-names.ts';
import { relationOf } from '../archive/relation.ts';
import { AppError } from '../errors.ts';
import { disputePatterns } from '../labels/dispute-codes.ts';
import { trainingSetQuery } from './query.sql.ts';
import { readRows } from './read-rows.ts';
import { sampleGenuine } from './sampling.ts';
import { digestSnapshot } from './snapshot.ts';
import type { TrainingSet } from './training-set.ts';
import { checkWindows, type LabelWindows, type WindowName, windowNames } from './windows.ts';

export interface TrainingSetRequest {
  readonly store: ArchiveStore;
  /** The instant the set is made for. */
  readonly cut: Date;
  readonly windows: LabelWindows;
  /** Unlabelled for so long counts as genuine. */
  readonly labelDelayDays: number;
  /** Rows scored by another encoder or other features cannot be trained on as they are. */
  readonly encoderVersion: string;
  readonly featureVersion: string;
  /** Names of the full head's inputs: readings ‖ features ‖ current event. */
  readonly inputs: readonly string[];
  /** Share of the genuine rows kept per window; default 1. */
  readonly genuineShare?: Partial<Record<WindowName, number>>;
  /** `received`: evidence counts from when we had it, not from when its sender says to have known. Default `labeled`. */
  readonly knownBy?: 'labeled' | 'received';
  /** Another query in place of ours, for tests of the guards. */
  readonly query?: string;
  readonly memoryLimit?: string;
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * Builds the set. The same archive as it was known at the cut gives the same bytes and the same snapshot id, whatever was added since.
 * @throws AppError FRAUD_TRAINING_SET_FUTURE when a label from after the cut is asked for, or comes back
 */
export async function buildTrainingSet(request: TrainingSetRequest): Promise<TrainingSet> {
  const { cut, windows, query = trainingSetQuery } = request;
  checkWindows(windows, cut);
  const files = await listInputs(request);
  const duck = await openDuck(request.memoryLimit === undefined ? {} : { memoryLimit: request.memoryLimit });
  try {
    await createViews(duck.connection, request, files);
    const set = await readRows(duck.connection, query, request);
    refuseFuture(set, windows, cut);
    const snapshotId = digestSnapshot(set, { query, ...parametersOf(request) });
    return { ...set, snapshotId, cut, windows, inputFiles: toNames(files) };
  } finally {
    duck.close();
  }
}

type InputFiles = Readonly<Record<'training-rows' | 'outcomes', readonly DayFile[]>>;

async function listInputs({ store, windows, cut }: TrainingSetRequest): Promise<InputFiles> {
  const all = Object.values(windows);
  const firstMs = Math.min(...all.map(({ fromMs }) => fromMs));
  const lastMs = Math.max(...all.map(({ untilMs }) => untilMs));
  const rows = await listFiles(store, 'training-rows', { first: dayOf(firstMs), last: dayOf(lastMs) });
  // Files of outcomes lie by the day on which they became known.
  const outcomes = await listFiles(store, 'outcomes', { last: dayOf(cut.getTime()) });
  return { 'training-rows': rows.visible, outcomes: outcomes.visible };
}

const toNames = (files: InputFiles): string[] =>
  Object.values(files)
    .flat()
    .map(({ object }) => object.name);

/** What the query is asked, as plain values: part of the snapshot's id. */
function parametersOf(request: TrainingSetRequest) {
  const { windows, cut, labelDelayDays, encoderVersion, featureVersion, genuineShare = {} } = request;
  return {
    cut: cut.toISOString(),
    windows,
    labelDelayDays,
    encoderVersion,
    featureVersion,
    genuineShare: windowNames.map((name) => genuineShare[name] ?? 1),
    knownBy: request.knownBy ?? 'labeled',
  };
}

async function createViews(
  connection: DuckDBConnection,
  request: TrainingSetRequest,
  files: InputFiles,
): Promise<void> {
  const { store, windows, labelDelayDays, genuineShare = {} } = request;
  const view = async (name: string, kind: ArchiveKind & keyof InputFiles): Promise<void> => {
    const paths = await fetchFiles(store, files[kind]);
    await connection.run(`CREATE VIEW ${name} AS SELECT * FROM ${relationOf(archiveColumns[kind], paths)}`);
  };
  await view('archived_rows', 'training-rows');
  await view('archived_outcomes', 'outcomes');
  const rows = windowNames.map((name) => {
    const { fromMs, untilMs, asOfMs } = windows[name];
    const { keepBelow, weight } = sampleGenuine(genuineShare[name] ?? 1);
    return `(${quoteText(name)}, ${fromMs}, ${untilMs}, ${asOfMs}, ${quoteText(keepBelow)}, ${weight}::DOUBLE)`;
  });
  await connection.run(
    `CREATE TABLE windows AS SELECT * FROM (VALUES ${rows.join(', ')}) AS w(window_name, from_ms, until_ms, as_of_ms, keep_below, genuine_weight)`,
  );
  const asked = {
    first_ms: Math.min(...windowNames.map((name) => windows[name].fromMs)),
    last_ms: Math.max(...windowNames.map((name) => windows[name].untilMs)),
    maturity_ms: Math.round(labelDelayDays * DAY_MS),
    feature_version: quoteText(request.featureVersion),
    encoder_version: quoteText(request.encoderVersion),
    by_receipt: request.knownBy === 'received',
    fraud_dispute: quoteText(disputePatterns.fraud),
    other_dispute: quoteText(disputePatterns.other),
  };
  const columns = Object.entries(asked).map(([name, value]) => `${value} AS ${name}`);
  await connection.run(`CREATE TABLE asked AS SELECT ${columns.join(', ')}`);
}

/** The second lock: whatever the query did, no label of a window may have become known after that window asked. */
function refuseFuture(
  { windowOf, knownAtMs, times }: Pick<TrainingSet, 'windowOf' | 'knownAtMs' | 'times'>,
  windows: LabelWindows,
  cut: Date,
): void {
  for (let row = 0; row < times.length; row++) {
    const name = windowNames[windowOf[row] ?? 0] ?? 'test';
    const limitMs = Math.min(windows[name].asOfMs, cut.getTime());
    const knownMs = knownAtMs[row] ?? Number.NaN;
    if (knownMs > limitMs || (times[row] ?? 0) >= windows[name].untilMs) {
      throw new AppError('FRAUD_TRAINING_SET_FUTURE', {
        field: name,
        detail: 'The query gave back a label or a row from after its window.',
      });
    }
  }
}

// test/bench/retraining.ts: what archiving a really scored row costs, and a head retraining over a large archive made of such rows.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRetrainerSettings } from '../../services/retrainer/config.ts';
import type { RunReport } from '../../services/retrainer/run-once.ts';
import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import { type Duck, openDuck } from '../../shared/archive/duck.ts';
import { listFiles } from '../../shared/archive/list-files.ts';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { writeMark } from '../../shared/archive/marks.ts';
import { dayFileName } from '../../shared/archive/object-names.ts';
import { createSpool } from '../../shared/archive/spool.ts';
import { writeRange } from '../../shared/archive/write-range.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import type { TrainingRow } from '../../shared/domain/training-row.ts';
import { scoreTraffic } from '../support/scored-archive.ts';
import { type LightgbmFigures, timeLightgbm } from './lightgbm.ts';

const START = '2026-01-01T00:00:00.000Z';
const CUT = '2026-04-01T00:00:00.000Z';
/** Records that the consumer hands over together. */
const CHUNK = 1_000;
const RANGE = 10_000;

export interface RetrainingFigures {
  readonly archivedRowsPerSecond: number;
  readonly archivedMegabytesPerSecond: number;
  readonly trainingRows: number;
  readonly wallSeconds: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakMemoryMegabytes: number;
  /** Of the whole process, its libraries' threads included: what a busy machine does not stretch. */
  readonly processorSeconds: number;
  readonly backend: string;
  readonly outcome: string;
  readonly lightgbm: LightgbmFigures;
}

interface Bench {
  readonly directory: string;
  readonly store: ArchiveStore;
  readonly duck: Duck;
}

async function write(
  { directory, store, duck }: Bench,
  name: 'rows' | 'outcomes',
  values: readonly unknown[],
  { topic, from }: { readonly topic: string; readonly from: bigint } = { topic: name, from: 0n },
) {
  const spool = createSpool(directory, name, 0);
  const lines = values.map((value) => Buffer.from(JSON.stringify(value)));
  const begun = performance.now();
  for (let start = 0; start < lines.length; start += CHUNK) {
    spool.add(
      lines
        .slice(start, start + CHUNK)
        .map((value, index) => ({ offset: from + BigInt(start + index), value, receivedAtMs: 0 })),
    );
  }
  const range = { topic, partition: 0, from, to: spool.to };
  await writeRange({ store, connection: duck.connection }, range, { spool: name, file: spool.file });
  spool.close();
  const seconds = (performance.now() - begun) / 1_000;
  return { seconds, megabytes: lines.reduce((sum, line) => sum + line.length, 0) / 1e6 };
}

/** Every row and outcome `copies` times, under other ids and of other cards, milliseconds apart. */
async function multiply({ directory, store, duck }: Bench, copies: number): Promise<void> {
  for (const [kind, changes] of [
    [
      'training-rows',
      `transaction_id || '-' || i AS transaction_id, card_token || '-' || i AS card_token, event_time_ms + i AS event_time_ms`,
    ],
    [
      'outcomes',
      `transaction_id || '-' || i AS transaction_id, card_token || '-' || i AS card_token, outcome_id || '-' || i AS outcome_id`,
    ],
  ] as const) {
    const { visible } = await listFiles(store, kind, { first: START.slice(0, 10) });
    for (const { day, topic, partition, from, to, object } of visible) {
      const draft = join(directory, 'many.parquet');
      const many = `SELECT * REPLACE (${changes}, "offset" + i * ${to} AS "offset") FROM read_parquet('${await store.fetch(object)}', hive_partitioning = false), range(${copies}) AS copy(i)`;
      await duck.connection.run(
        `COPY (SELECT * EXCLUDE (i) FROM (${many}) ORDER BY "offset") TO '${draft}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)`,
      );
      await store.put(dayFileName(kind, day, { topic, partition, from, to: to * BigInt(copies) }), draft);
      await store.remove([object.name]);
      await writeMark(store, { topic, partition, next: to * BigInt(copies) });
    }
  }
}

/** As it is day by day: ranges of 10,000 records of one day, contexts whole; into a topic of its own. */
async function measureArchiving(bench: Bench, rows: readonly TrainingRow[]) {
  const ofOneDay = rows.map((row) => ({ ...row, eventTime: `2025-12-01${row.eventTime.slice(10)}` }));
  const total = { seconds: 0, megabytes: 0 };
  for (let start = 0; start < ofOneDay.length; start += RANGE) {
    const from = BigInt(start);
    const { seconds, megabytes } = await write(bench, 'rows', ofOneDay.slice(start, start + RANGE), {
      topic: 'one-day',
      from,
    });
    total.seconds += seconds;
    total.megabytes += megabytes;
  }
  return total;
}

/** The built retrainer in a process of its own, at the lowest priority: as a cron job runs it. Needs `npm run build`. */
export async function retrainApart(environment: Readonly<Record<string, string>>): Promise<RunReport> {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/services/retrainer/main.js')], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  await once(child, 'close');
  return JSON.parse(Buffer.concat(parts).toString());
}

/** An archive below `root` of about so many rows, half of them in the training window, and what writing it cost. */
export async function prepareArchive(root: string, wantedRows: number) {
  const archive = join(root, 'archive');
  const traffic = await scoreTraffic({
    seed: 77,
    cards: 120,
    days: 89,
    startTime: START,
    fraudRate: 0.02,
    appliedEvents: false,
  });
  const bench = {
    directory: join(root, 'work'),
    store: await openLocalArchive(archive),
    duck: await openDuck({ threads: 2 }),
  };
  const { seconds, megabytes } = await measureArchiving(bench, traffic.rows);
  await write(bench, 'rows', traffic.rows);
  await write(bench, 'outcomes', traffic.outcomes);
  await multiply(bench, Math.ceil(wantedRows / traffic.rows.length));
  bench.duck.close();
  return {
    archivedRowsPerSecond: Math.round(traffic.rows.length / seconds),
    archivedMegabytesPerSecond: Math.round(megabytes / seconds),
    environment: {
      FRAUD_ARCHIVE: archive,
      FRAUD_REGISTRY_DIRECTORY: join(root, 'registry'),
      FRAUD_RUNS_DIRECTORY: join(root, 'runs'),
      FRAUD_RETRAIN_CUT: CUT,
      FRAUD_RETRAIN_TRAINING_DAYS: '50',
      FRAUD_RETRAIN_CALIBRATION_DAYS: '8',
      FRAUD_RETRAIN_TEST_DAYS: '8',
    },
  };
}

/** @param wantedRows rows in the archive, about half of them in the training window */
export async function measureRetraining(wantedRows: number): Promise<RetrainingFigures> {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const root = mkdtempSync(join(tmpdir(), 'fraud-bench-retraining-'));
  try {
    const { environment, ...archiving } = await prepareArchive(root, wantedRows);
    const begun = performance.now();
    const report = await retrainApart(environment);
    const wallSeconds = Math.round(performance.now() - begun) / 1_000;
    return {
      ...archiving,
      trainingRows: report.rows.training ?? 0,
      wallSeconds,
      seconds: report.seconds,
      peakMemoryMegabytes: report.peakMemoryMegabytes,
      processorSeconds: report.processorSeconds,
      backend: report.backend,
      outcome: report.outcome,
      lightgbm: await timeLightgbm(readRetrainerSettings(environment), new Date(CUT)),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

// test/bench/retraining.ts: a large archive made of really scored rows, and a head retraining over it; and what archiving a row costs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRetrainerSettings } from '../../services/retrainer/config.ts';
import { runOnce } from '../../services/retrainer/run-once.ts';
import { openDuck } from '../../shared/archive/duck.ts';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { createSpool, type SpooledRecord } from '../../shared/archive/spool.ts';
import { writeRange } from '../../shared/archive/write-range.ts';
import { systemClock } from '../../shared/clock.ts';
import type { TrainingRow } from '../../shared/domain/training-row.ts';
import { type ScoredTraffic, scoreTraffic } from '../support/scored-archive.ts';

const START = '2026-01-01T00:00:00.000Z';
const CUT = '2026-04-01T00:00:00.000Z';
const RANGE = 10_000;
/** Records that the consumer hands over together. */
const CHUNK = 1_000;

export interface RetrainingFigures {
  readonly archivedRowsPerSecond: number;
  readonly archivedMegabytesPerSecond: number;
  readonly trainingRows: number;
  readonly wallSeconds: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peakMemoryMegabytes: number;
  readonly backend: string;
  readonly outcome: string;
}

/** Every row `copies` times under other ids, some seconds apart, with its evidence; the label of a copy is that of its original. */
function* multiply(traffic: ScoredTraffic, copies: number): Generator<TrainingRow> {
  for (let copy = 0; copy < copies; copy++) {
    for (const row of traffic.rows) {
      const eventTime = new Date(Date.parse(row.eventTime) + copy * 1_000).toISOString();
      yield {
        ...row,
        transactionId: `${row.transactionId}-${copy}`,
        cardToken: `${row.cardToken}-${copy}`,
        eventTime,
      };
    }
  }
}

/** @param wantedRows training rows; the last copies end where there are as many */
export async function measureRetraining(
  wantedRows: number,
  withContext: boolean,
): Promise<RetrainingFigures> {
  const root = mkdtempSync(join(tmpdir(), 'fraud-bench-retraining-'));
  const archive = join(root, 'archive');
  try {
    const traffic = await scoreTraffic({
      seed: 77,
      cards: 150,
      days: 89,
      startTime: START,
      fraudRate: 0.01,
      appliedEvents: false,
    });
    const copies = Math.ceil(wantedRows / traffic.rows.length);
    const store = await openLocalArchive(archive);
    const duck = await openDuck({ threads: 2 });
    const spool = createSpool(join(root, 'work'), 'rows', 0);
    let chunk: SpooledRecord[] = [];
    let rows = 0;
    let megabytes = 0;
    let seconds = 0;
    const flush = async (): Promise<void> => {
      const range = { topic: 'rows', partition: 0, from: spool.from ?? 0n, to: spool.to };
      await writeRange({ store, connection: duck.connection }, range, { spool: 'rows', file: spool.file });
      spool.clear();
    };
    for (const row of multiply(traffic, copies)) {
      // The context is not read by a head retraining: the last event stands for it where rows are many.
      const kept = withContext ? row : { ...row, context: row.context.slice(-64) };
      const value = Buffer.from(JSON.stringify(kept));
      chunk.push({ offset: BigInt(rows), value, receivedAtMs: 0 });
      rows++;
      megabytes += value.length / 1e6;
      if (chunk.length < CHUNK) continue;
      const begun = performance.now();
      spool.add(chunk);
      chunk = [];
      if (rows % RANGE === 0) await flush();
      seconds += (performance.now() - begun) / 1_000;
    }
    spool.add(chunk);
    await flush();
    const outcomes = createSpool(join(root, 'work'), 'outcomes', 0);
    let offset = 0n;
    for (let copy = 0; copy < copies; copy++) {
      for (const outcome of traffic.outcomes) {
        const value = Buffer.from(
          JSON.stringify({
            ...outcome,
            transactionId: `${outcome.transactionId}-${copy}`,
            outcomeId: `${outcome.outcomeId}-${copy}`,
          }),
        );
        outcomes.add([{ offset: offset++, value, receivedAtMs: 0 }]);
      }
    }
    const range = { topic: 'outcomes', partition: 0, from: 0n, to: offset };
    await writeRange({ store, connection: duck.connection }, range, {
      spool: 'outcomes',
      file: outcomes.file,
    });
    duck.close();
    const begun = performance.now();
    const report = await runOnce(
      readRetrainerSettings({
        FRAUD_ARCHIVE: archive,
        FRAUD_REGISTRY_DIRECTORY: join(root, 'registry'),
        FRAUD_RUNS_DIRECTORY: join(root, 'runs'),
        FRAUD_RETRAIN_CUT: CUT,
        FRAUD_RETRAIN_TRAINING_DAYS: '65',
        FRAUD_RETRAIN_CALIBRATION_DAYS: '4',
        FRAUD_RETRAIN_TEST_DAYS: '4',
      }),
      { clock: systemClock, onProgress: () => {} },
    );
    return {
      archivedRowsPerSecond: Math.round(rows / seconds),
      archivedMegabytesPerSecond: Math.round(megabytes / seconds),
      trainingRows: report.rows.training ?? 0,
      wallSeconds: (performance.now() - begun) / 1_000,
      seconds: report.seconds,
      peakMemoryMegabytes: report.peakMemoryMegabytes,
      backend: report.backend,
      outcome: report.outcome,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

// test/support/scored-archive.ts: simulated traffic scored by the shipped champion and archived, outcomes as they came back: what a retraining reads.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuck } from '../../shared/archive/duck.ts';
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { createSpool } from '../../shared/archive/spool.ts';
import { writeRange } from '../../shared/archive/write-range.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Outcome } from '../../shared/domain/outcome.ts';
import type { TrainingRow } from '../../shared/domain/training-row.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createScorer, type ScoreRequest } from '../../shared/scoring/scorer.ts';
import { toTrainingRow } from '../../shared/scoring/to-training-row.ts';
import { labelMarksOf } from '../../shared/sequence/label-marks.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import type { MarkLabel } from '../../shared/sequence/state-store.ts';
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';

const CHUNK = 256;

export interface ScoredTraffic {
  readonly rows: readonly TrainingRow[];
  readonly outcomes: readonly Outcome[];
  /** What really happened, by transaction id. */
  readonly truth: ReadonlyMap<string, 'fraud' | 'genuine'>;
}

/** Tells, scores and labels in order of time, as the stream would. */
export async function scoreTraffic(simulation: SimulationOptions): Promise<ScoredTraffic> {
  const champion = createChampion(await loadShipped());
  const encoder = await createOnnxEncoder(champion.encoderParts);
  const scorer = createScorer({ champion, encoder, clock: systemClock });
  const store = createMemoryStateStore();
  const rows: TrainingRow[] = [];
  const outcomes: Outcome[] = [];
  const truth = new Map<string, 'fraud' | 'genuine'>();
  let requests: ScoreRequest[] = [];
  let marks: MarkLabel[] = [];
  const flush = async (): Promise<void> => {
    const evaluations = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
    rows.push(...evaluations.map((one) => toTrainingRow(one, 'fraud.transactions.v1-0@0')));
    await store.commit({ labels: marks });
    marks = [];
    requests = [];
  };
  for (const record of createSimulation(simulation)) {
    if (record.kind === 'outcome') {
      outcomes.push(record.outcome);
      // Marked with the chunk they fall into: a few minutes late, never early.
      marks.push(...labelMarksOf(record.outcome));
      continue;
    }
    const { transaction } = record;
    truth.set(transaction.transactionId, record.truth.label);
    requests.push({ transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 });
    if (requests.length === CHUNK) await flush();
  }
  await flush();
  await encoder.close();
  return { rows, outcomes, truth };
}

/** The same, in an archive below `root`. */
export async function writeScoredArchive(
  root: string,
  simulation: SimulationOptions,
): Promise<ScoredTraffic> {
  const traffic = await scoreTraffic(simulation);
  const work = mkdtempSync(join(tmpdir(), 'fraud-test-work-'));
  const store = await openLocalArchive(root);
  const duck = await openDuck();
  const write = async (name: 'rows' | 'outcomes', values: readonly unknown[]): Promise<void> => {
    const spool = createSpool(work, name, 0);
    spool.add(
      values.map((value, index) => ({
        offset: BigInt(index),
        value: Buffer.from(JSON.stringify(value)),
        receivedAtMs: 0,
      })),
    );
    const range = { topic: `fraud.${name}`, partition: 0, from: 0n, to: spool.to };
    await writeRange({ store, connection: duck.connection }, range, { spool: name, file: spool.file });
    spool.close();
  };
  await write('rows', traffic.rows);
  await write('outcomes', traffic.outcomes);
  duck.close();
  await store.close();
  rmSync(work, { recursive: true, force: true });
  return traffic;
}

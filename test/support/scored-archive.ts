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
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';

const CHUNK = 256;

/** Some transactions as they were scored, and the outcomes that became known meanwhile. */
export interface ScoredChunk {
  readonly rows: readonly TrainingRow[];
  readonly outcomes: readonly Outcome[];
}

/** Tells, scores and labels in order of time, as the stream would; a chunk at a time, whatever the portfolio's size. */
export async function* tellScored(simulation: SimulationOptions): AsyncGenerator<ScoredChunk> {
  const champion = createChampion(await loadShipped());
  const encoder = await createOnnxEncoder(champion.encoderParts);
  const scorer = createScorer({ champion, encoder, clock: systemClock });
  const store = createMemoryStateStore();
  let outcomes: Outcome[] = [];
  let requests: ScoreRequest[] = [];
  const score = async (): Promise<ScoredChunk> => {
    const evaluations = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
    // Marked with the chunk they fall into: a few minutes late, never early.
    await store.commit({ labels: outcomes.flatMap((outcome) => labelMarksOf(outcome)) });
    const chunk = {
      rows: evaluations.map((one) => toTrainingRow(one, 'fraud.transactions.v1-0@0')),
      outcomes,
    };
    [requests, outcomes] = [[], []];
    return chunk;
  };
  try {
    for (const record of createSimulation(simulation)) {
      if (record.kind === 'outcome') {
        outcomes.push(record.outcome);
        continue;
      }
      const { transaction } = record;
      requests.push({ transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 });
      if (requests.length === CHUNK) yield await score();
    }
    yield await score();
  } finally {
    await encoder.close();
  }
}

export interface ScoredTraffic {
  readonly rows: readonly TrainingRow[];
  readonly outcomes: readonly Outcome[];
}

/** All of it at once. */
export async function scoreTraffic(simulation: SimulationOptions): Promise<ScoredTraffic> {
  const rows: TrainingRow[] = [];
  const outcomes: Outcome[] = [];
  for await (const chunk of tellScored(simulation)) {
    rows.push(...chunk.rows);
    outcomes.push(...chunk.outcomes);
  }
  return { rows, outcomes };
}

/** An archive below `root` to write to in order, and its end. */
export async function openArchiveWriter(root: string) {
  const work = mkdtempSync(join(tmpdir(), 'fraud-test-work-'));
  const store = await openLocalArchive(root);
  const duck = await openDuck();
  const next = { rows: 0n, outcomes: 0n };
  return {
    /** One range of records. */
    write: async (name: 'rows' | 'outcomes', values: readonly unknown[]): Promise<void> => {
      const spool = createSpool(work, name, 0);
      const from = next[name];
      spool.add(
        values.map((value, index) => ({
          offset: from + BigInt(index),
          value: Buffer.from(JSON.stringify(value)),
          receivedAtMs: 0,
        })),
      );
      next[name] = from + BigInt(values.length);
      const range = { topic: `fraud.${name}`, partition: 0, from, to: next[name] };
      await writeRange({ store, connection: duck.connection }, range, { spool: name, file: spool.file });
      spool.close();
    },
    close: async (): Promise<void> => {
      duck.close();
      await store.close();
      rmSync(work, { recursive: true, force: true });
    },
  };
}

/** All of it in an archive below `root`. */
export async function writeScoredArchive(
  root: string,
  simulation: SimulationOptions,
): Promise<ScoredTraffic> {
  const traffic = await scoreTraffic(simulation);
  const archive = await openArchiveWriter(root);
  await archive.write('rows', traffic.rows);
  await archive.write('outcomes', traffic.outcomes);
  await archive.close();
  return traffic;
}

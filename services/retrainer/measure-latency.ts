// services/retrainer/measure-latency.ts: microseconds per row of challenger and champion, row by row in turns: what else the machine does meets both.
import type { HeadGraphScorer } from '../../shared/encoder/score-head-graph.ts';
import type { TrainingColumns } from '../../shared/training-set/training-set.ts';
import type { GateFacts } from './gates/gate.ts';

const TIMED_ROWS = 200;

/** Medians over single rows: other load on the machine delays a few of them, not half. */
export async function measureLatency(
  challenger: HeadGraphScorer,
  champion: HeadGraphScorer,
  rows: TrainingColumns,
): Promise<GateFacts['latency']> {
  const width = rows.inputs.length;
  const micros = { challenger: [] as number[], champion: [] as number[] };
  for (let row = 0; row < Math.min(TIMED_ROWS, rows.labels.length); row++) {
    const values = rows.values.subarray(row * width, (row + 1) * width);
    micros.challenger.push(await timeOnce(challenger, values));
    micros.champion.push(await timeOnce(champion, values));
  }
  return { challengerMicros: medianOf(micros.challenger), championMicros: medianOf(micros.champion) };
}

async function timeOnce(graph: HeadGraphScorer, values: Float32Array): Promise<number> {
  const begun = performance.now();
  await graph.score(values);
  return (performance.now() - begun) * 1_000;
}

function medianOf(values: readonly number[]): number {
  const ascending = Float64Array.from(values).sort();
  return ascending[ascending.length >> 1] ?? 0;
}

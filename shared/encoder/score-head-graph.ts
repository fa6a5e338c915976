// shared/encoder/score-head-graph.ts: raw scores of many stored rows by a head's ONNX graph, in the calling thread: for judging, never for serving.
import { AppError } from '../errors.ts';
import { createOnnxBinding } from './onnx-binding.ts';

/** Rows per call; large enough that the calls cost nothing. */
const BATCH_ROWS = 4_096;

export interface HeadGraphScorer {
  /** @param values (rows, width), row-major @param batchRows rows per call */
  score(values: Float32Array, batchRows?: number): Promise<Float32Array>;
  release(): Promise<void>;
}

/** @throws AppError FRAUD_MODEL_INVALID when the graph is no head over `width` inputs */
export async function openHeadGraph(graph: Uint8Array, width: number): Promise<HeadGraphScorer> {
  const session = await createOnnxBinding().createSession(graph, 'cpu');
  if (session.inputShape('x')?.[1] !== width) {
    throw new AppError('FRAUD_MODEL_INVALID', { detail: `Expected a head over ${width} inputs.` });
  }
  return {
    score: async (values, batchRows = BATCH_ROWS) => {
      const rows = values.length / width;
      const scores = new Float32Array(rows);
      for (let start = 0; start < rows; start += batchRows) {
        const count = Math.min(batchRows, rows - start);
        const data = values.slice(start * width, (start + count) * width);
        const { logit } = await session.run({ x: { data, dims: [count, width] } });
        scores.set(logit?.data ?? [], start);
      }
      return scores;
    },
    release: () => session.release(),
  };
}

// shared/transfer/population-distance.ts: how far a portfolio lies from the traffic an encoder was pretrained on, in the encoder's own embeddings.
import { measureEmbeddings } from '../head/alignment.ts';

/** Rows of `values` begin with `width` columns of embedding. */
export interface EmbeddedRows {
  readonly values: Float32Array;
  /** Columns of a row. */
  readonly columns: number;
  readonly width: number;
}

export interface PopulationDistance {
  /** ‖difference of the means‖² over the source's total variance; 0 when they are equal. */
  readonly mean: number;
  /** ‖difference of the covariances‖ over ‖source's covariance‖ (Frobenius): what CORAL removes. */
  readonly covariance: number;
  /** Squared maximum mean discrepancy (unbiased estimate; Gretton et al. 2012) with a Gaussian kernel of the median width; about 0 when equal. */
  readonly discrepancy: number;
}

/** Rows of each side that the discrepancy compares: all pairs are looked at. */
const SAMPLE = 600;

/** Rows at even distances. */
function sampleRows({ values, columns, width }: EmbeddedRows): Float32Array[] {
  const rows = values.length / columns;
  const count = Math.min(rows, SAMPLE);
  return Array.from({ length: count }, (_, index) => {
    const at = Math.floor((index * rows) / count) * columns;
    return values.subarray(at, at + width);
  });
}

function squaredDistance(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += ((left[at] ?? 0) - (right[at] ?? 0)) ** 2;
  return sum;
}

/** Median of squared distances between rows of both sides. */
function medianDistance(rows: readonly Float32Array[]): number {
  const distances: number[] = [];
  for (let left = 0; left < rows.length; left += 7) {
    for (let right = left + 1; right < rows.length; right += 11) {
      distances.push(squaredDistance(rows[left] ?? new Float32Array(0), rows[right] ?? new Float32Array(0)));
    }
  }
  distances.sort((first, second) => first - second);
  return Math.max(distances[Math.floor(distances.length / 2)] ?? 1, 1e-12);
}

function meanKernel(left: readonly Float32Array[], right: readonly Float32Array[], scale: number): number {
  let sum = 0;
  let pairs = 0;
  left.forEach((one, at) => {
    right.forEach((other, index) => {
      if (left === right && at === index) return;
      sum += Math.exp(-squaredDistance(one, other) / scale);
      pairs++;
    });
  });
  return sum / pairs;
}

const sumOfSquares = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
};

/** @param source embeddings of the pretraining population, by the same encoder */
export function measureDistance(target: EmbeddedRows, source: EmbeddedRows): PopulationDistance {
  const [here, there] = [target, source].map(({ values, columns, width }) =>
    measureEmbeddings(values, columns, width),
  );
  const { width } = source;
  const variance = Array.from({ length: width }, (_, at) => there?.covariance[at * width + at] ?? 0);
  const total = variance.reduce((sum, value) => sum + value, 0);
  const between = there?.mean.map((value, at) => value - (here?.mean[at] ?? 0)) ?? [];
  const spread = there?.covariance.map((value, at) => value - (here?.covariance[at] ?? 0)) ?? [];
  const [own, others] = [sampleRows(target), sampleRows(source)];
  const scale = medianDistance([...own, ...others]);
  return {
    mean: sumOfSquares(between) / total,
    covariance: Math.sqrt(sumOfSquares(spread) / sumOfSquares(there?.covariance ?? [1])),
    discrepancy:
      meanKernel(own, own, scale) + meanKernel(others, others, scale) - 2 * meanKernel(own, others, scale),
  };
}

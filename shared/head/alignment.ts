// shared/head/alignment.ts: CORAL: an affine map that gives one population's embeddings the mean and covariance of another's.

/** aligned = x · matrix + offset, for the first H inputs of a head. */
export interface Alignment {
  /** (H, H), row-major. */
  readonly matrix: Float32Array;
  /** (H) */
  readonly offset: Float32Array;
}

/** Mean (H) and covariance (H, H) of embeddings. */
export interface EmbeddingStatistics {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Adds share · v · vᵀ to a matrix. */
function addOuter(matrix: Float64Array, vector: Float64Array, share: number): void {
  const width = vector.length;
  for (let left = 0; left < width; left++) {
    const by = (vector[left] ?? 0) * share;
    for (let right = 0; right < width; right++) {
      const at = left * width + right;
      matrix[at] = (matrix[at] ?? 0) + by * (vector[right] ?? 0);
    }
  }
}

/**
 * Statistics of the first `width` columns of rows.
 * @param values (rows, columns), row-major
 */
export function measureEmbeddings(values: Float32Array, columns: number, width: number): EmbeddingStatistics {
  const rows = values.length / columns;
  const embeddingOf = (row: number) => values.subarray(row * columns, row * columns + width);
  const mean = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    embeddingOf(row).forEach((value, at) => {
      mean[at] = (mean[at] ?? 0) + value / rows;
    });
  }
  const covariance = new Float64Array(width * width);
  for (let row = 0; row < rows; row++) {
    const centred = Float64Array.from(embeddingOf(row), (value, at) => value - (mean[at] ?? 0));
    addOuter(covariance, centred, 1 / rows);
  }
  return { mean, covariance };
}

/** Added to every variance, as a share of their mean: directions that hardly vary must not be blown up. */
const RIDGE = 0.01;

/** Σ matrix[row, k] · matrix[column, k] over k < until. */
function productOf(
  matrix: Float64Array,
  width: number,
  { row, column, until }: { readonly row: number; readonly column: number; readonly until: number },
): number {
  let sum = 0;
  for (let at = 0; at < until; at++)
    sum += (matrix[row * width + at] ?? 0) * (matrix[column * width + at] ?? 0);
  return sum;
}

/** Lower triangular L with L · Lᵀ = covariance + ridge. */
function factorise(covariance: Float64Array, width: number): Float64Array {
  const variances = Float64Array.from({ length: width }, (_, at) => covariance[at * width + at] ?? 0);
  const ridge = Math.max(1e-9, (RIDGE * variances.reduce((sum, value) => sum + value, 0)) / width);
  const lower = new Float64Array(width * width);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < row; column++) {
      const rest =
        (covariance[row * width + column] ?? 0) - productOf(lower, width, { row, column, until: column });
      lower[row * width + column] = rest / (lower[column * width + column] ?? 1);
    }
    const rest = (variances[row] ?? 0) + ridge - productOf(lower, width, { row, column: row, until: row });
    lower[row * width + row] = Math.sqrt(Math.max(rest, ridge / 2));
  }
  return lower;
}

/** Inverse of a lower triangular matrix. */
function invert(lower: Float64Array, width: number): Float64Array {
  const inverse = new Float64Array(width * width);
  for (let column = 0; column < width; column++) {
    for (let row = column; row < width; row++) {
      let sum = row === column ? 1 : 0;
      for (let at = column; at < row; at++)
        sum -= (lower[row * width + at] ?? 0) * (inverse[at * width + column] ?? 0);
      inverse[row * width + column] = sum / (lower[row * width + row] ?? 1);
    }
  }
  return inverse;
}

/** The map from `from`'s statistics to `to`'s: whiten by the one's Cholesky factor, colour by the other's (Sun, Feng, Saenko 2016). */
export function fitAlignment(from: EmbeddingStatistics, to: EmbeddingStatistics): Alignment {
  const width = from.mean.length;
  const whiten = invert(factorise(from.covariance, width), width); // z = whiten · (x − mean)
  const colour = factorise(to.covariance, width); // aligned = colour · z + mean
  const matrix = new Float32Array(width * width);
  const offset = new Float32Array(width);
  for (let output = 0; output < width; output++) {
    let moved = to.mean[output] ?? 0;
    for (let input = 0; input < width; input++) {
      let sum = 0;
      for (let at = input; at <= output; at++)
        sum += (colour[output * width + at] ?? 0) * (whiten[at * width + input] ?? 0);
      matrix[input * width + output] = sum;
      moved -= sum * (from.mean[input] ?? 0);
    }
    offset[output] = moved;
  }
  return { matrix, offset };
}

/** Writes `row` to `output` with its first H values mapped; returns `output`. */
export function align({ matrix, offset }: Alignment, row: Float32Array, output: Float32Array): Float32Array {
  const width = offset.length;
  output.set(row.subarray(0, output.length));
  output.set(offset);
  for (let input = 0; input < width; input++) {
    const value = row[input] ?? 0;
    for (let at = 0; at < width; at++)
      output[at] = (output[at] ?? 0) + value * (matrix[input * width + at] ?? 0);
  }
  return output;
}

export function hasFittingSize({ matrix, offset }: Alignment, inputs: number): boolean {
  return offset.length <= inputs && matrix.length === offset.length ** 2;
}

// shared/head/search-split.ts: the best question for one level of a symmetric tree: histograms of slopes per leaf and bin.
import type { BinnedColumns } from './bin-columns.ts';

export interface Question {
  readonly column: number;
  /** Rows in a higher bin go right. */
  readonly bin: number;
}

export interface LevelSearch {
  /** Takes the rows of a tree, what each counts for, and the derivatives of all rows. */
  begin(
    drawn: { readonly rows: Int32Array; readonly factors: Float64Array },
    gradients: Float64Array,
    curvatures: Float64Array,
  ): void;
  /** Of these columns, the question that lowers the loss most over all `leafCount` leaves together. */
  findBest(columns: readonly number[], leafOf: Uint8Array, leafCount: number): Question;
}

const MOST_BINS = 256;

/** Adds what a cut behind each bin gains in one leaf. */
function addGains(
  gains: Float64Array,
  { slopes, bends }: { readonly slopes: Float64Array; readonly bends: Float64Array },
  penalty: number,
): void {
  let slope = 0;
  let bend = 0;
  for (let bin = 0; bin < slopes.length; bin++) {
    slope += slopes[bin] ?? 0;
    bend += bends[bin] ?? 0;
  }
  let [leftSlope, leftBend] = [0, 0];
  for (let bin = 0; bin < slopes.length - 1; bin++) {
    leftSlope += slopes[bin] ?? 0;
    leftBend += bends[bin] ?? 0;
    const rightSlope = slope - leftSlope;
    const left = (leftSlope * leftSlope) / (leftBend + penalty);
    const right = (rightSlope * rightSlope) / (bend - leftBend + penalty);
    gains[bin] = (gains[bin] ?? 0) + left + right;
  }
}

/** @param penalty added to the curvature of both sides of a question */
export function createLevelSearch(binned: BinnedColumns, penalty: number): LevelSearch {
  let rows = new Int32Array(0);
  let gradients = new Float64Array(0);
  let curvatures = new Float64Array(0);
  let slopes = new Float64Array(0);
  let bends = new Float64Array(0);
  const gains = new Float64Array(MOST_BINS);

  /** Sums of derivatives by leaf and bin. */
  function fillHistogram(bins: Uint8Array, leafOf: Uint8Array, binCount: number): void {
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] ?? 0;
      const at = (leafOf[row] ?? 0) * binCount + (bins[row] ?? 0);
      slopes[at] = (slopes[at] ?? 0) + (gradients[index] ?? 0);
      bends[at] = (bends[at] ?? 0) + (curvatures[index] ?? 0);
    }
  }

  /** Fills `gains` for one column, and answers with the bin that gains most. */
  function measureColumn(
    column: number,
    leafOf: Uint8Array,
    leafCount: number,
  ): { bin: number; gain: number } {
    const binCount = (binned.cuts[column]?.length ?? 0) + 1;
    slopes.fill(0, 0, leafCount * binCount);
    bends.fill(0, 0, leafCount * binCount);
    gains.fill(0, 0, binCount);
    fillHistogram(binned.bins[column] ?? new Uint8Array(0), leafOf, binCount);
    for (let from = 0; from < leafCount * binCount; from += binCount) {
      const ofLeaf = {
        slopes: slopes.subarray(from, from + binCount),
        bends: bends.subarray(from, from + binCount),
      };
      addGains(gains, ofLeaf, penalty);
    }
    let best = 0;
    for (let bin = 1; bin < binCount - 1; bin++) if ((gains[bin] ?? 0) > (gains[best] ?? 0)) best = bin;
    return { bin: best, gain: gains[best] ?? 0 };
  }

  return {
    begin(drawn, allGradients, allCurvatures) {
      rows = drawn.rows.slice();
      gradients = Float64Array.from(
        rows,
        (row, index) => (drawn.factors[index] ?? 0) * (allGradients[row] ?? 0),
      );
      curvatures = Float64Array.from(
        rows,
        (row, index) => (drawn.factors[index] ?? 0) * (allCurvatures[row] ?? 0),
      );
    },
    findBest(columns, leafOf, leafCount) {
      if (slopes.length < leafCount * MOST_BINS) {
        slopes = new Float64Array(leafCount * MOST_BINS);
        bends = new Float64Array(leafCount * MOST_BINS);
      }
      let best: Question = { column: columns[0] ?? 0, bin: 0 };
      let most = Number.NEGATIVE_INFINITY;
      for (const column of columns) {
        const { bin, gain } = measureColumn(column, leafOf, leafCount);
        if (gain <= most) continue;
        most = gain;
        best = { column, bin };
      }
      return best;
    },
  };
}

// shared/features/log-histogram.ts: counts of amounts in fine logarithmic bins: quantiles to .25 % in constant memory, the same for any order.

const BIN_WIDTH = 0.005;
const FIRST_EDGE = Math.log(1e-3);
const BINS = 5_600; // up to about 1.4e9

/** Distribution of positive amounts; zero and negative ones are counted apart, below everything. */
export interface LogHistogram {
  add(amount: number): void;
  /** The same amount, `times` times. */
  addMany(amount: number, times: number): void;
  /** All amounts, those not positive included. */
  readonly total: number;
  readonly positive: number;
  /** Amount below which `share` (0 … 1) of the positive amounts lie; NaN when there are none. */
  quantile(share: number): number;
  /** ln(amount) at the middle of each occupied bin with its count, ascending. */
  entries(): Iterable<readonly [logAmount: number, count: number]>;
}

/** An empty histogram: 22 kB, whatever is added. */
export function createLogHistogram(): LogHistogram {
  const counts = new Uint32Array(BINS);
  let total = 0;
  let positive = 0;

  function* entries(): Generator<readonly [number, number]> {
    for (let bin = 0; bin < BINS; bin++) {
      const count = counts[bin] ?? 0;
      if (count > 0) yield [FIRST_EDGE + (bin + 0.5) * BIN_WIDTH, count];
    }
  }

  function addMany(amount: number, times: number): void {
    total += times;
    if (!(amount > 0)) return;
    const bin = Math.floor((Math.log(amount) - FIRST_EDGE) / BIN_WIDTH);
    const clamped = Math.max(0, Math.min(BINS - 1, bin));
    counts[clamped] = (counts[clamped] ?? 0) + times;
    positive += times;
  }

  return {
    add: (amount) => addMany(amount, 1),
    addMany,
    get total() {
      return total;
    },
    get positive() {
      return positive;
    },
    quantile(share) {
      const wanted = share * positive;
      let below = 0;
      for (const [logAmount, count] of entries()) {
        if (below + count >= wanted) {
          return Math.exp(logAmount - BIN_WIDTH / 2 + (BIN_WIDTH * (wanted - below)) / count);
        }
        below += count;
      }
      return Number.NaN;
    },
    entries,
  };
}

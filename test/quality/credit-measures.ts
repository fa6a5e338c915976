// test/quality/credit-measures.ts: AUC, average precision and KS by fold, paired bootstrap over clients, AUC and approval rate by group.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface JudgedClients {
  readonly labels: Uint8Array;
  readonly folds: Uint8Array;
}
export interface FoldMeasures {
  readonly auc: number;
  readonly averagePrecision: number;
  readonly ks: number;
}

/** All three of the rows in `order` (descending score), each counted `times`; scores are taken as distinct but for equal neighbours. */
function measure(
  order: Uint32Array,
  scores: ArrayLike<number>,
  labels: Uint8Array,
  times?: ArrayLike<number>,
): FoldMeasures {
  let [positives, negatives] = [0, 0];
  for (const row of order) {
    if (labels[row] === 1) positives += times?.[row] ?? 1;
    else negatives += times?.[row] ?? 1;
  }
  let [seenPositives, seenNegatives, area, precision, ks] = [0, 0, 0, 0, 0];
  let [tiedPositives, tiedNegatives] = [0, 0];
  order.forEach((row, rank) => {
    if (labels[row] === 1) tiedPositives += times?.[row] ?? 1;
    else tiedNegatives += times?.[row] ?? 1;
    if (scores[order[rank + 1] ?? -1] === scores[row]) return;
    area += tiedNegatives * (seenPositives + tiedPositives / 2);
    seenPositives += tiedPositives;
    seenNegatives += tiedNegatives;
    if (tiedPositives > 0) precision += (tiedPositives * seenPositives) / (seenPositives + seenNegatives);
    ks = Math.max(ks, seenPositives / positives - seenNegatives / negatives);
    [tiedPositives, tiedNegatives] = [0, 0];
  });
  return { auc: area / (positives * negatives), averagePrecision: precision / positives, ks };
}

const descending = (rows: readonly number[], scores: ArrayLike<number>): Uint32Array =>
  Uint32Array.from(rows).sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const rowsOfFolds = ({ folds }: JudgedClients): number[][] =>
  [...new Set(folds)].sort().map((fold) => [...folds.keys()].filter((row) => folds[row] === fold));

/** Mean over the folds. */
export function measureFolds(
  judged: JudgedClients,
  scores: ArrayLike<number>,
): FoldMeasures & { readonly byFold: FoldMeasures[] } {
  const byFold = rowsOfFolds(judged).map((rows) => measure(descending(rows, scores), scores, judged.labels));
  return {
    auc: mean(byFold.map(({ auc }) => auc)),
    averagePrecision: mean(byFold.map(({ averagePrecision }) => averagePrecision)),
    ks: mean(byFold.map(({ ks }) => ks)),
    byFold,
  };
}

/** AUC of `first` minus `second` (mean over folds), with its 95 % interval by resampling clients. */
export function compareAuc(
  judged: JudgedClients,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  rounds = 500,
) {
  const generator = xoroshiro128plus(20_261_124);
  const folds = rowsOfFolds(judged);
  const orders = folds.map((rows) => [descending(rows, first), descending(rows, second)] as const);
  const differenceWith = (times?: Uint8Array) =>
    mean(
      orders.map(
        ([ours, theirs]) =>
          measure(ours, first, judged.labels, times).auc - measure(theirs, second, judged.labels, times).auc,
      ),
    );
  const differences = Array.from({ length: rounds }, () => {
    const times = new Uint8Array(judged.labels.length);
    for (const rows of folds) {
      for (let drawn = 0; drawn < rows.length; drawn++) {
        const row = rows[uniformInt(generator, 0, rows.length - 1)] ?? 0;
        times[row] = (times[row] ?? 0) + 1;
      }
    }
    return differenceWith(times);
  }).sort((left, right) => left - right);
  return {
    difference: differenceWith(),
    lower: differences[Math.floor(rounds * 0.025)] ?? Number.NaN,
    upper: differences[Math.ceil(rounds * 0.975) - 1] ?? Number.NaN,
  };
}

/** Per group: AUC, default rate, and the share approved when the safest `share` of all clients are. */
export function measureGroups(
  judged: JudgedClients,
  scores: ArrayLike<number>,
  groups: readonly string[],
  share = 0.8,
) {
  const sorted = Float64Array.from(scores).sort();
  const cut = sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
  return [...new Set(groups)].sort().map((group) => {
    const rows = [...groups.keys()].filter((row) => groups[row] === group);
    return {
      group,
      clients: rows.length,
      defaultRate: mean(rows.map((row) => judged.labels[row] ?? 0)),
      auc: measure(descending(rows, scores), scores, judged.labels).auc,
      approved: mean(rows.map((row) => ((scores[row] ?? 1) <= cut ? 1 : 0))),
    };
  });
}

// shared/head/base-log-odds.ts: where every head's bias starts: what is known before any column is looked at.

/**
 * Log odds of the weighted share of frauds. Half a row of each kind is added, so that it is finite with one kind alone.
 * @param weights of the rows; left out: 1 each
 */
export function baseLogOdds({
  labels,
  weights,
}: {
  readonly labels: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
}): number {
  let frauds = 0.5;
  let genuine = 0.5;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights?.[row] ?? 1;
    if (labels[row] === 1) frauds += weight;
    else genuine += weight;
  }
  return Math.log(frauds / genuine);
}

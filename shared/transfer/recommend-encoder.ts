// shared/transfer/recommend-encoder.ts: which of the encoders that were compared to take, and why, in words.

/** One encoder's figures at one label budget. */
export interface ProbeFigure {
  readonly encoder: string;
  readonly budget: string;
  readonly averagePrecision: number;
  /** Lower and upper bound of its average precision minus the best one's at this budget; absent for the best itself. */
  readonly behindBest?: { readonly lower: number; readonly upper: number } | undefined;
}

export interface Recommendation {
  readonly encoder: string;
  readonly why: string;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/**
 * The encoder with the best mean average precision over all budgets, unless a cheaper one cannot be told from the best at any of
 * them: then the cheapest such.
 * @param costOf processor time of an encoder per 1,000 rows, ms
 */
export function recommendEncoder(
  figures: readonly ProbeFigure[],
  costOf: ReadonlyMap<string, number>,
): Recommendation {
  const encoders = [...new Set(figures.map(({ encoder }) => encoder))];
  const of = (encoder: string) => figures.filter((figure) => figure.encoder === encoder);
  const meanOf = (encoder: string) => mean(of(encoder).map(({ averagePrecision }) => averagePrecision));
  const cost = (encoder: string) => costOf.get(encoder) ?? Number.POSITIVE_INFINITY;
  const [best = '', ...others] = encoders.toSorted((left, right) => meanOf(right) - meanOf(left));
  const isAlike = (encoder: string) =>
    of(encoder).every(({ behindBest }) => behindBest === undefined || behindBest.upper >= 0);
  const cheaper = others
    .filter((encoder) => isAlike(encoder) && cost(encoder) < 0.8 * cost(best))
    .toSorted((left, right) => cost(left) - cost(right));
  const figure = `mean average precision ${meanOf(best).toFixed(3)} over the label budgets`;
  const [cheapest] = cheaper;
  if (cheapest !== undefined) {
    return {
      encoder: cheapest,
      why:
        `${best} is first (${figure}), but at no budget can ${cheapest} (${meanOf(cheapest).toFixed(3)}) be told from the best one, ` +
        `and it takes ${((100 * cost(cheapest)) / cost(best)).toFixed(0)} % of its processor time.`,
    };
  }
  const alike = others.filter(isAlike);
  const doubt =
    alike.length > 0
      ? ` ${alike.join(', ')} cannot be told from it on this data, and would not be cheaper by a fifth.`
      : '';
  return { encoder: best, why: `${best} has the best ${figure}.${doubt}` };
}

// shared/evaluation/metrics.ts: how a ranking is judged: average precision (ties grouped), AUC, card precision at k, paired bootstrap over cards.

/** Scores and labels of the same rows, with optional weights (1 / sampling rate of the row). */
export interface Ranking {
  /** Higher = riskier. */
  readonly scores: ArrayLike<number>;
  /** 1 = fraud, 0 = genuine. */
  readonly labels: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
}

/** Rows by descending score; sorted once, walked many times. */
function orderByScore(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, row) => row).sort(
    (left, right) => (scores[right] ?? 0) - (scores[left] ?? 0),
  );
}

/** Calls `visit` once per distinct score, highest first, with the weight of frauds and of genuine rows at that score. */
function forEachScore(
  { scores, labels, weights }: Ranking,
  visit: (frauds: number, genuine: number) => void,
  order: Uint32Array = orderByScore(scores),
): void {
  let frauds = 0;
  let genuine = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const row = order[rank] ?? 0;
    const weight = weights?.[row] ?? 1;
    if (labels[row] === 1) frauds += weight;
    else genuine += weight;
    if (scores[order[rank + 1] ?? -1] === scores[row]) continue;
    visit(frauds, genuine);
    frauds = 0;
    genuine = 0;
  }
}

/** Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over distinct scores. NaN without a fraud. */
export function averagePrecision(ranking: Ranking, order?: Uint32Array): number {
  let sum = 0;
  let fraudsSoFar = 0;
  let rowsSoFar = 0;
  const visit = (frauds: number, genuine: number): void => {
    fraudsSoFar += frauds;
    rowsSoFar += frauds + genuine;
    if (frauds > 0) sum += frauds * (fraudsSoFar / rowsSoFar);
  };
  forEachScore(ranking, visit, order);
  return sum / fraudsSoFar;
}

/** Area under the ROC curve: probability that a fraud outranks a genuine row, ties counted half. NaN without both. */
export function areaUnderCurve(ranking: Ranking): number {
  let above = 0;
  let fraudsSoFar = 0;
  let genuineSoFar = 0;
  forEachScore(ranking, (frauds, genuine) => {
    above += genuine * (fraudsSoFar + frauds / 2);
    fraudsSoFar += frauds;
    genuineSoFar += genuine;
  });
  return above / (fraudsSoFar * genuineSoFar);
}

/** Share of all frauds among the `share` of rows with the highest scores (a review budget); rows at the edge count in part. */
export function recallAtShare(ranking: Ranking, share: number): number {
  let total = 0;
  for (let row = 0; row < ranking.scores.length; row++) total += ranking.weights?.[row] ?? 1;
  let capacity = share * total;
  let found = 0;
  let frauds = 0;
  forEachScore(ranking, (fraudsHere, genuineHere) => {
    const rows = fraudsHere + genuineHere;
    found += fraudsHere * Math.min(1, Math.max(0, capacity / rows));
    capacity -= rows;
    frauds += fraudsHere;
  });
  return found / frauds;
}

/** Rows of one card precision: the card, the day (any ascending integer) and whether the row is a fraud. */
export interface CardRanking {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly cards: ArrayLike<number | string>;
  readonly days: ArrayLike<number>;
}

interface CardOfDay {
  card: number | string;
  score: number;
  isFraud: boolean;
}

function groupByDay({
  scores,
  labels,
  cards,
  days,
}: CardRanking): Map<number, Map<number | string, CardOfDay>> {
  const byDay = new Map<number, Map<number | string, CardOfDay>>();
  for (let row = 0; row < scores.length; row++) {
    const day = days[row] ?? 0;
    const card = cards[row] ?? '';
    const ofDay = byDay.get(day) ?? new Map<number | string, CardOfDay>();
    byDay.set(day, ofDay);
    const known = ofDay.get(card) ?? { card, score: Number.NEGATIVE_INFINITY, isFraud: false };
    known.score = Math.max(known.score, scores[row] ?? 0);
    known.isFraud ||= labels[row] === 1;
    ofDay.set(card, known);
  }
  return byDay;
}

/**
 * CP@k: per day cards ranked by their highest score, precision among the first `k`; a card detected on one day is left out on
 * later days; mean over the days. Ties keep the order of first appearance.
 */
export function cardPrecisionAtK(ranking: CardRanking, k: number): number {
  const byDay = groupByDay(ranking);
  const detected = new Set<number | string>();
  let sum = 0;
  for (const day of [...byDay.keys()].sort((left, right) => left - right)) {
    const ranked = [...(byDay.get(day)?.values() ?? [])]
      .filter(({ card }) => !detected.has(card))
      .sort((left, right) => right.score - left.score)
      .slice(0, k)
      .filter(({ isFraud }) => isFraud);
    for (const { card } of ranked) detected.add(card);
    sum += ranked.length / k;
  }
  return sum / byDay.size;
}

/** Mean difference of two rankings of the same rows, and its 95 % interval. */
export interface PairedDifference {
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/** Two score columns on identical rows. */
export interface PairedScores {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly weights?: ArrayLike<number> | undefined;
  readonly cards: ArrayLike<number | string>;
}

/** The card of each row as a small integer. */
function numberCards(cards: ArrayLike<number | string>): { cardOfRow: Uint32Array; cardCount: number } {
  const numbers = new Map<number | string, number>();
  const cardOfRow = Uint32Array.from({ length: cards.length }, (_, row) => {
    const card = cards[row] ?? '';
    const known = numbers.get(card) ?? numbers.size;
    numbers.set(card, known);
    return known;
  });
  return { cardOfRow, cardCount: numbers.size };
}

/**
 * Average precision of `first` minus `second`, with an interval by bootstrap over cards: whole cards are drawn, so that rows of
 * one card stay together.
 * @param draw uniform integer in [0, limit), from a seeded generator
 */
export function pairedBootstrap(
  { first, second, labels, cards, weights: rowWeights }: PairedScores,
  draw: (limit: number) => number,
  rounds = 500,
): PairedDifference {
  const { cardOfRow, cardCount } = numberCards(cards);
  const orders = [orderByScore(first), orderByScore(second)] as const;
  const weights = new Float64Array(cardOfRow.length);
  const differenceWith = (times: ArrayLike<number>): number => {
    for (let row = 0; row < weights.length; row++) {
      weights[row] = (times[cardOfRow[row] ?? 0] ?? 0) * (rowWeights?.[row] ?? 1);
    }
    return (
      averagePrecision({ scores: first, labels, weights }, orders[0]) -
      averagePrecision({ scores: second, labels, weights }, orders[1])
    );
  };
  const differences = Array.from({ length: rounds }, () => {
    const times = new Uint16Array(cardCount);
    for (let card = 0; card < cardCount; card++) {
      const picked = draw(cardCount);
      times[picked] = (times[picked] ?? 0) + 1;
    }
    return differenceWith(times);
  }).sort((left, right) => left - right);
  return {
    difference: differenceWith(new Uint8Array(cardCount).fill(1)),
    lower: differences[Math.floor(rounds * 0.025)] ?? Number.NaN,
    upper: differences[Math.ceil(rounds * 0.975) - 1] ?? Number.NaN,
  };
}

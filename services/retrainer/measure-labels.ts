// services/retrainer/measure-labels.ts: what the labels look like to models that were not made from them: merchants turned round, fraud nobody can explain.
import type { TrainingColumns } from '../../shared/training-set/training-set.ts';
import { windowNames } from '../../shared/training-set/windows.ts';

/** One merchant's labels beside what the champion says of the same rows, over all windows. */
export interface MerchantLabels {
  readonly merchant: string;
  readonly rows: number;
  readonly frauds: number;
  /** Frauds that the champion's scores promised. */
  readonly promised: number;
  /** Chance that the champion ranks one of its frauds above one of its genuine rows; .5 = says nothing, 0 = turned round. */
  readonly order: number;
  /** Standard errors of `order` below .5 by chance alone; negative = turned round. */
  readonly deviations: number;
}

export interface LabelFacts {
  /** Merchants with enough of both labels for an order, and the one that is turned round most: beyond the bounds where one is. */
  readonly judgedMerchants: number;
  readonly mostReversed?: MerchantLabels;
  /** Of those with some fraud promised, the one of which the least is known: beyond the bounds where one is. */
  readonly mostSilent?: MerchantLabels;
  /** Frauds of the later windows, and those that neither model finds riskier than half of the genuine rows. */
  readonly frauds: number;
  readonly unexplained: number;
}

/** Scores of all rows of the set, in its order: the champion's calibrated, the challenger's raw. */
export interface LabelWitnesses {
  readonly champion: Float64Array;
  readonly challenger: Float32Array;
}

/** From where on labels contradict what is known of a merchant. */
export const merchantBounds = {
  /** Turned round: the champion's order of its rows at most this, where .5 says nothing … */
  order: 0.3,
  /** … and so many standard errors below .5: among thousands of merchants chance reaches three. */
  deviations: -4,
  /** Silent: at least so many frauds promised by the champion's scores, and less than this share of them known. */
  promised: 15,
  knownShare: 0.1,
} as const;

export const isReversed = ({ order, deviations }: MerchantLabels): boolean =>
  order <= merchantBounds.order && deviations <= merchantBounds.deviations;

export const isSilent = ({ frauds, promised }: MerchantLabels): boolean =>
  promised >= merchantBounds.promised && frauds < merchantBounds.knownShare * promised;

/** Fewer of either label say nothing about an order. */
const LEAST_OF_EACH = 8;
/** Where fewer frauds are promised, none of them known may be chance. */
const LEAST_PROMISED = 10;

export function measureLabels(set: TrainingColumns, witnesses: LabelWitnesses): LabelFacts {
  const merchants = groupRows(set.merchants).map(([merchant, rows]) =>
    judgeMerchant(merchant, rows, set.labels, witnesses.champion),
  );
  const ordered = merchants.filter(
    ({ rows, frauds }) => frauds >= LEAST_OF_EACH && rows - frauds >= LEAST_OF_EACH,
  );
  const mostReversed = worst(ordered, isReversed, ({ deviations }) => deviations);
  const promising = merchants.filter(({ promised }) => promised >= LEAST_PROMISED);
  const mostSilent = worst(promising, isSilent, ({ frauds, promised }) => frauds / promised);
  return {
    judgedMerchants: ordered.length,
    ...(mostReversed && { mostReversed }),
    ...(mostSilent && { mostSilent }),
    ...countUnexplained(set, witnesses),
  };
}

function groupRows(names: readonly string[]): [string, number[]][] {
  const groups = new Map<string, number[]>();
  names.forEach((name, row) => {
    if (name === '') return;
    const rows = groups.get(name);
    if (rows) rows.push(row);
    else groups.set(name, [row]);
  });
  return [...groups];
}

/** The least of those beyond the bounds, or else of all: one that is within them must not hide one that is not. */
const worst = (
  merchants: readonly MerchantLabels[],
  isBeyond: (merchant: MerchantLabels) => boolean,
  rankOf: (merchant: MerchantLabels) => number,
): MerchantLabels | undefined => least(merchants.filter(isBeyond), rankOf) ?? least(merchants, rankOf);

function least<Item>(items: readonly Item[], rankOf: (item: Item) => number): Item | undefined {
  let [best, smallest]: [Item | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const item of items) {
    const value = rankOf(item);
    if (value >= smallest) continue;
    [best, smallest] = [item, value];
  }
  return best;
}

/** Mann and Whitney's count, ties half. */
function judgeMerchant(
  merchant: string,
  rows: readonly number[],
  labels: Uint8Array,
  scores: Float64Array,
): MerchantLabels {
  const ascending = [...rows].sort((left, right) => (scores[left] ?? 0) - (scores[right] ?? 0));
  let [frauds, promised, pairs, genuineBelow] = [0, 0, 0, 0];
  for (let from = 0; from < ascending.length; ) {
    let until = from;
    let [tiedFrauds, tiedGenuine] = [0, 0];
    const score = scores[ascending[from] ?? 0] ?? 0;
    for (; until < ascending.length && scores[ascending[until] ?? 0] === score; until++) {
      if (labels[ascending[until] ?? 0] === 1) tiedFrauds++;
      else tiedGenuine++;
    }
    pairs += tiedFrauds * (genuineBelow + tiedGenuine / 2);
    promised += score * (until - from);
    frauds += tiedFrauds;
    genuineBelow += tiedGenuine;
    from = until;
  }
  const genuine = rows.length - frauds;
  const counted = { merchant, rows: rows.length, frauds, promised };
  // One label alone has no order.
  if (frauds * genuine === 0) return { ...counted, order: 0.5, deviations: 0 };
  const order = pairs / (frauds * genuine);
  const error = Math.sqrt((rows.length + 1) / (12 * frauds * genuine));
  return { ...counted, order, deviations: (order - 0.5) / error };
}

/** On the windows that the challenger was not fitted on. */
function countUnexplained(set: TrainingColumns, { champion, challenger }: LabelWitnesses) {
  const from = set.windowOf.lastIndexOf(windowNames.indexOf('training')) + 1;
  const medians = [champion, challenger].map((scores) => genuineMedian(set.labels, scores, from));
  const [championMedian = 0, challengerMedian = 0] = medians;
  let [frauds, unexplained] = [0, 0];
  for (let row = from; row < set.labels.length; row++) {
    if (set.labels[row] !== 1) continue;
    frauds++;
    if ((champion[row] ?? 0) < championMedian && (challenger[row] ?? 0) < challengerMedian) unexplained++;
  }
  return { frauds, unexplained };
}

function genuineMedian(labels: Uint8Array, scores: Float64Array | Float32Array, from: number): number {
  const genuine = Float64Array.from(
    { length: labels.length - from },
    (_, row) => scores[from + row] ?? 0,
  ).filter((_, row) => labels[from + row] === 0);
  return genuine.sort()[genuine.length >> 1] ?? 0;
}

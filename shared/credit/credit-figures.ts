// shared/credit/credit-figures.ts: current figures of an account: arrears (which only ever raise the risk), utilisation, repayment, bills, limit.
import { type BillingHistory, MONTHS } from './billing-months.ts';

/** What a factor of an assessment is about; every figure belongs to one. */
export const figureGroups = [
  'arrears-now',
  'arrears-before',
  'utilisation',
  'repayment',
  'balance',
  'limit',
  'history',
] as const;
export type FigureGroup = (typeof figureGroups)[number];

/** One figure. With `risingKnots` it never lowers the risk when it rises, and is cut into pieces there. */
export interface Figure {
  readonly name: string;
  readonly group: FigureGroup;
  readonly risingKnots?: readonly number[];
}

/** What the caller knows of the account that no transaction tells. */
export interface AccountFigures {
  /** Credit limit in reference units; NaN when not told. */
  readonly limit: number;
}

const months = Array.from({ length: MONTHS }, (_, index) => index);
const pairs = months.slice(0, -1);
const each = (prefix: string, group: FigureGroup, indices = months): Figure[] =>
  indices.map((index) => ({ name: `${prefix}-${index}`, group }));
const rising = (name: string, group: FigureGroup, risingKnots: readonly number[]): Figure => ({
  name,
  group,
  risingKnots,
});
const PAST_DUE_KNOTS = [0, 1, 2, 3, 6] as const;

/**
 * All figures, in order. `…-k` belongs to the statement k before the latest. Arrears are all non-decreasing in every statement's
 * months past due, so a difference (now against before) is not among them: the trend shows in sums that weigh recent months more.
 */
export const figures: readonly Figure[] = [
  rising('past-due-0', 'arrears-now', PAST_DUE_KNOTS),
  ...months.slice(1).map((index) => rising(`past-due-${index}`, 'arrears-before', PAST_DUE_KNOTS)),
  rising('past-due-largest-3', 'arrears-before', PAST_DUE_KNOTS),
  rising('past-due-largest-6', 'arrears-before', PAST_DUE_KNOTS),
  rising('past-due-statements', 'arrears-before', [0, 1, 2, 3, 4, 6]),
  rising('past-due-two-statements', 'arrears-before', [0, 1, 2, 3, 4, 6]),
  rising('past-due-sum', 'arrears-before', [0, 1, 2, 4, 8, 12, 18]),
  rising('past-due-weighted', 'arrears-before', [0, 0.5, 1, 2, 3, 5]),
  rising('past-due-recency', 'arrears-before', [0, 1, 2, 3, 4, 5, 6]),
  ...each('utilisation', 'utilisation'),
  { name: 'utilisation-mean', group: 'utilisation' },
  { name: 'utilisation-change', group: 'utilisation' },
  { name: 'available', group: 'utilisation' },
  ...each('repaid', 'repayment'),
  ...each('repaid-share', 'repayment', pairs),
  ...each('repaid-of-limit', 'repayment'),
  { name: 'repaid-total', group: 'repayment' },
  { name: 'repaid-total-share', group: 'repayment' },
  { name: 'repaid-largest', group: 'repayment' },
  { name: 'repaid-smallest', group: 'repayment' },
  { name: 'repaid-share-smallest', group: 'repayment' },
  { name: 'months-without-repayment', group: 'repayment' },
  { name: 'months-repaid-in-full', group: 'repayment' },
  { name: 'repaid-since-share', group: 'repayment' },
  ...each('bill', 'balance'),
  ...each('spent', 'balance', pairs),
  { name: 'months-without-bill', group: 'balance' },
  { name: 'limit', group: 'limit' },
  { name: 'limit-missing', group: 'limit' },
  { name: 'statements', group: 'history' },
  { name: 'days-since-event', group: 'history' },
];
export const figureNames: readonly string[] = figures.map(({ name }) => name);

/** Share of the bill from which it counts as repaid in full. */
const FULL_SHARE = 0.99;
const LARGEST_SHARE = 1.5;
const LARGEST_UTILISATION = 2;
const RECENT_WEIGHT = 0.6;
const DAY_MS = 86_400_000;
const signedLog = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value));
const shareOf = (part: number, whole: number): number =>
  whole > 0 ? Math.min(LARGEST_SHARE, part / whole) : LARGEST_SHARE;
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const countOf = (values: readonly number[], isCounted: (value: number, index: number) => boolean): number =>
  values.filter(isCounted).length;

function measureArrears(pastDue: readonly number[]): number[] {
  const latestLate = pastDue.findIndex((value) => value > 0);
  return [
    ...pastDue,
    Math.max(...pastDue.slice(0, 3)),
    Math.max(...pastDue),
    countOf(pastDue, (value) => value >= 1),
    countOf(pastDue, (value) => value >= 2),
    sumOf(pastDue),
    sumOf(pastDue.map((value, index) => value * RECENT_WEIGHT ** index)),
    latestLate < 0 ? 0 : MONTHS - latestLate,
  ];
}

function measureUtilisation(bills: readonly number[], limit: number): number[] {
  const shares = bills.map((bill) => Math.min(LARGEST_UTILISATION, bill / limit));
  return [
    ...shares,
    sumOf(shares) / MONTHS,
    (shares[0] ?? 0) - (shares[MONTHS - 1] ?? 0),
    Math.log1p(Math.max(0, limit - (bills[0] ?? 0))),
  ];
}

function measureRepayment(bills: readonly number[], repaid: readonly number[], limit: number): number[] {
  const before = pairs.map((index) => bills[index + 1] ?? 0);
  const shares = pairs.map((index) => shareOf(repaid[index] ?? 0, before[index] ?? 0));
  return [
    ...repaid.map((amount) => Math.log1p(amount)),
    ...shares,
    ...repaid.map((amount) => Math.min(1, amount / limit)),
    Math.log1p(sumOf(repaid)),
    shareOf(sumOf(repaid.slice(0, -1)), sumOf(before)),
    Math.log1p(Math.max(...repaid)),
    Math.log1p(Math.min(...repaid)),
    Math.min(...shares),
    countOf(repaid, (amount) => amount === 0),
    countOf(shares, (share, index) => share >= FULL_SHARE && (before[index] ?? 0) > 0),
  ];
}

/** Values in the order of `figures`; all finite. A statement that is missing counts as nothing billed, on time. */
export function measureFigures(
  history: BillingHistory,
  account: AccountFigures,
  asOfMs: number,
): Float32Array {
  const at = (index: number) => history.months[index];
  const bills = months.map((index) => at(index)?.bill ?? 0);
  const repaid = months.map((index) => at(index)?.repaid ?? 0);
  const isLimitKnown = account.limit > 0;
  // Without a limit the largest bill stands in: utilisation then compares the account with itself.
  const limit = isLimitKnown ? account.limit : Math.max(...bills, 1e-3);
  const days = (asOfMs - history.lastEventMs) / DAY_MS;
  const spent = pairs.map((index) => (bills[index] ?? 0) - (bills[index + 1] ?? 0) + (repaid[index] ?? 0));
  return Float32Array.from([
    ...measureArrears(months.map((index) => at(index)?.monthsPastDue ?? 0)),
    ...measureUtilisation(bills, limit),
    ...measureRepayment(bills, repaid, limit),
    history.repaidSince > 0 ? shareOf(history.repaidSince, bills[0] ?? 0) : 0,
    ...bills.map((bill) => Math.log1p(bill)),
    ...spent.map(signedLog),
    countOf(bills, (bill) => bill === 0),
    Math.log(limit),
    isLimitKnown ? 0 : 1,
    Math.min(2 * MONTHS, history.statements),
    Math.min(90, Number.isNaN(days) ? 90 : days),
  ]);
}

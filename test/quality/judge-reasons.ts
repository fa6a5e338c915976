// test/quality/judge-reasons.ts: are the reasons what the score rests on? The named group set to the card's typical value, beside a group drawn at random; and the planted typology's codes.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { ReasonCode } from '../../shared/domain/reason-code.ts';
import type { Encoder } from '../../shared/encoder/encoder.ts';
import { toReasons } from '../../shared/scoring/rank-effects.ts';
import { type FlaggedAlert, LEAST_PAST } from './collect-alerts.ts';
import { setTypical } from './typical-values.ts';
import { typologyCodes } from './typology-codes.ts';

const ROUNDS = 1_000;
const BATCH = 256;

/** What came of one alert: bits of log odds lost when the group was made typical. */
export interface Trial {
  readonly card: string;
  /** Of the first reason. */
  readonly code: ReasonCode;
  readonly named: number;
  readonly random: number;
  /** The group that surprise would have named; undefined where it named none that can be set. */
  readonly bySurprise: number | undefined;
}

/** Groups of the other reasons by surprise, where they lie in the same fields. */
const sameGroup: Readonly<Partial<Record<ReasonCode, ReasonCode>>> = {
  AMOUNT_HIGH_FOR_PORTFOLIO: 'AMOUNT_UNUSUAL_FOR_CARD',
  TIMING_UNUSUAL: 'VELOCITY_HIGH',
  BURST_EXPECTED: 'RECENT_BEHAVIOUR_UNUSUAL',
};

interface Ask {
  readonly alert: FlaggedAlert;
  readonly code: ReasonCode;
  readonly back: number;
}

async function dropsOf(asks: readonly Ask[], encoder: Pick<Encoder, 'encodeMany'>): Promise<number[]> {
  const drops: number[] = [];
  for (let from = 0; from < asks.length; from += BATCH) {
    const part = asks.slice(from, from + BATCH);
    const rows = part.map(({ alert, code, back }) =>
      setTypical(alert.evaluation.context, code, alert.past, back),
    );
    const encoded = await encoder.encodeMany(rows);
    part.forEach(({ alert }, index) => {
      drops.push((alert.evaluation.rawScore - (encoded[index]?.rawScores[0] ?? 0)) / Math.LN2);
    });
  }
  return drops;
}

/** One trial per alert whose first reason raises the score and whose card has a past. */
export async function tryReasons(
  alerts: readonly FlaggedAlert[],
  encoder: Pick<Encoder, 'encodeMany'>,
  seed: number,
): Promise<Trial[]> {
  const generator = xoroshiro128plus(seed);
  const chosen = alerts.flatMap((alert) => {
    const [first] = toReasons(alert.effects);
    const judgeable = alert.past.length >= LEAST_PAST && alert.evaluation.context.eventCount > LEAST_PAST;
    return judgeable && first?.direction === 'raises' ? [{ alert, first }] : [];
  });
  const asks = chosen.map(({ alert, first }) => {
    const strongest = alert.effects
      .filter(({ code }) => code === first.code)
      .reduce((best, one) => (one.contribution > best.contribution ? one : best));
    const codes = [...new Set(alert.effects.map(({ code }) => code))].filter((code) => code !== first.code);
    const drawn = codes[uniformInt(generator, 0, codes.length - 1)] ?? first.code;
    const named = alert.bySurprise
      .map(({ code }) => sameGroup[code] ?? code)
      .find((code) => codes.includes(code) || code === first.code);
    const ask = (code: ReasonCode, back = 1): Ask => ({ alert, code, back });
    return {
      named: ask(first.code, strongest.event?.back),
      random: ask(drawn),
      surprise: named && ask(named),
    };
  });
  const named = await dropsOf(
    asks.map((one) => one.named),
    encoder,
  );
  const random = await dropsOf(
    asks.map((one) => one.random),
    encoder,
  );
  const bySurprise = await dropsOf(
    asks.flatMap((one) => one.surprise ?? []),
    encoder,
  );
  let at = 0;
  return asks.map((one, index) => ({
    card: one.named.alert.transaction.cardToken,
    code: one.named.code,
    named: named[index] ?? 0,
    random: random[index] ?? 0,
    bySurprise: one.surprise && bySurprise[at++],
  }));
}

export interface Interval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

/** Mean over rows with a 95 % interval from resampled cards: alerts of one card are not independent. */
export function intervalOf(
  values: readonly { readonly card: string; readonly value: number }[],
  seed = 1,
): Interval {
  const byCard = new Map<string, { count: number; sum: number }>();
  for (const { card, value } of values) {
    const before = byCard.get(card) ?? { count: 0, sum: 0 };
    byCard.set(card, { count: before.count + 1, sum: before.sum + value });
  }
  const sums = [...byCard.values()];
  const generator = xoroshiro128plus(seed);
  const means = Array.from({ length: ROUNDS }, () => {
    let [count, sum] = [0, 0];
    for (let draw = 0; draw < sums.length; draw++) {
      const one = sums[uniformInt(generator, 0, sums.length - 1)];
      count += one?.count ?? 0;
      sum += one?.sum ?? 0;
    }
    return sum / count;
  }).sort((left, right) => left - right);
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length;
  return {
    mean,
    lower: means[Math.floor(ROUNDS * 0.025)] ?? mean,
    upper: means[Math.floor(ROUNDS * 0.975)] ?? mean,
  };
}

export interface TypologyCount {
  caught: number;
  /** Planted code among the first two. */
  found: number;
  /** Among the first two the one or two that mark this typology most. */
  foundNarrow: number;
  /** A planted code among the first two by surprise. */
  bySurprise: number;
  /** What two codes drawn at random of those that can be named would find, on average. */
  chance: number;
  /** What the reasons of this typology's frauds find of the other typologies' codes, on average. */
  ofOthers: number;
  /** First reasons, counted. */
  first: Map<ReasonCode, number>;
}

const isAmong = (codes: readonly ReasonCode[], wanted: readonly ReasonCode[]): number =>
  codes.some((code) => wanted.includes(code)) ? 1 : 0;

const createCount = (): TypologyCount => ({
  caught: 0,
  found: 0,
  foundNarrow: 0,
  bySurprise: 0,
  chance: 0,
  ofOthers: 0,
  first: new Map(),
});

/** Chance that two of `nameable` codes drawn without return hit one of `wanted`. */
const chanceOf = (nameable: number, wanted: number): number => {
  const missed = nameable - wanted;
  return 1 - (missed * (missed - 1)) / (nameable * (nameable - 1));
};

/** Caught frauds per typology, and how many have one of its codes among their first two reasons. */
export function countTypologies(alerts: readonly FlaggedAlert[]): Map<string, TypologyCount> {
  const counts = new Map<string, TypologyCount>();
  for (const { isFraud, typology = '', effects, bySurprise } of alerts) {
    const wanted = typologyCodes[typology];
    if (!isFraud || !wanted) continue;
    const one = counts.get(typology) ?? createCount();
    counts.set(typology, one);
    const [reasons, surprise] = [toReasons(effects), bySurprise].map((list) =>
      list.slice(0, 2).map(({ code }) => sameGroup[code] ?? code),
    );
    const others = Object.entries(typologyCodes).filter(([name]) => name !== typology);
    one.caught++;
    one.found += isAmong(reasons ?? [], wanted);
    one.foundNarrow += isAmong(reasons ?? [], wanted.slice(0, 2));
    one.bySurprise += isAmong(surprise ?? [], wanted);
    one.chance += chanceOf(new Set(effects.map(({ code }) => code)).size, wanted.length);
    one.ofOthers += others.reduce((sum, [, codes]) => sum + isAmong(reasons ?? [], codes), 0) / others.length;
    const [first] = reasons ?? [];
    if (first) one.first.set(first, (one.first.get(first) ?? 0) + 1);
  }
  return counts;
}

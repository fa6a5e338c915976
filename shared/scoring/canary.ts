// shared/scoring/canary.ts: for a share of the cards the challenger decides; named conditions, judged on both sides' counts, end that by themselves.
import { isInShare } from './card-share.ts';

/** What was seen on one side since the canary began. */
export interface SideCounts {
  readonly decided: number;
  /** Decisions that are not `approve`. */
  readonly alerted: number;
  /** Transactions that this side could not decide; the champion did. */
  readonly failed: number;
  /** Raw scores that are no number; the champion decided. */
  readonly notFinite: number;
  /** Time that writing its decisions took, ms in all. */
  readonly writingMs: number;
}

export const rollBackConditions = ['not-finite', 'error-rate', 'alert-rate', 'latency'] as const;
export type RollBackCondition = (typeof rollBackConditions)[number];

/** From where on a canary ends. */
export const canaryLimits = {
  /** Share of its transactions that the challenger could not decide, from 5 of them on. */
  errorRate: 0.01,
  leastErrors: 5,
  /** Its alert rate against the champion's, either way; only when chance alone would not do that (z), from 200 decisions on both sides on. */
  alertRatio: 3,
  alertZ: 4,
  leastDecided: 200,
  /** What it takes to write a decision against the champion's, and at least so long, ms. */
  latencyRatio: 5,
  leastLatencyMs: 1,
} as const;

export interface RollBack {
  readonly condition: RollBackCondition;
  readonly sentence: string;
}

const show = (value: number): string => String(Number(value.toPrecision(3)));

function judgeAlerts(canary: SideCounts, champion: SideCounts): RollBack | undefined {
  const { leastDecided, alertRatio, alertZ } = canaryLimits;
  if (canary.decided < leastDecided || champion.decided < leastDecided) return undefined;
  const own = canary.alerted / canary.decided;
  const usual = champion.alerted / champion.decided;
  const pooled = (canary.alerted + champion.alerted) / (canary.decided + champion.decided);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / canary.decided + 1 / champion.decided));
  const isApart = Math.max(own, usual) > alertRatio * Math.min(own, usual);
  if (!isApart || Math.abs(own - usual) <= alertZ * spread) return undefined;
  return {
    condition: 'alert-rate',
    sentence: `It alerted on ${show(own)} of ${canary.decided} transactions, the champion on ${show(usual)} of ${champion.decided}.`,
  };
}

function judgeLatency(canary: SideCounts, champion: SideCounts): RollBack | undefined {
  const { leastDecided, latencyRatio, leastLatencyMs } = canaryLimits;
  if (canary.decided < leastDecided || champion.decided < leastDecided) return undefined;
  const own = canary.writingMs / canary.decided;
  const usual = champion.writingMs / champion.decided;
  if (own < leastLatencyMs || own < latencyRatio * usual) return undefined;
  return {
    condition: 'latency',
    sentence: `It took ${show(own)} ms to decide, the champion ${show(usual)} ms.`,
  };
}

/** Pure. @returns why the canary must end, the gravest reason first; undefined when it may go on */
export function judgeCanary(canary: SideCounts, champion: SideCounts): RollBack | undefined {
  if (canary.notFinite > 0) {
    return {
      condition: 'not-finite',
      sentence: `${canary.notFinite} of its scores were no number; the champion decided these.`,
    };
  }
  const asked = canary.decided + canary.failed;
  if (canary.failed >= canaryLimits.leastErrors && canary.failed > canaryLimits.errorRate * asked) {
    return {
      condition: 'error-rate',
      sentence: `It failed on ${canary.failed} of ${asked} transactions; the champion decided these.`,
    };
  }
  return judgeAlerts(canary, champion) ?? judgeLatency(canary, champion);
}

const NOTHING_SEEN: SideCounts = { decided: 0, alerted: 0, failed: 0, notFinite: 0, writingMs: 0 };
/** Counts are halved at so many decisions of the challenger: a change shows in the last some thousands. */
const REMEMBERED = 20_000;

/** One decision, or the lack of one. */
export type CanarySight = Partial<SideCounts>;

export interface Canary {
  /** True when the challenger is to decide for this card. */
  includes(modelVersion: string, card: { readonly portfolioId: string; readonly cardToken: string }): boolean;
  note(side: 'canary' | 'champion', sight: CanarySight): void;
}

/**
 * @param share of the cards, 0 … 1; a card stays on one side for as long as the challenger stays
 * @param onRollBack called once per challenger, at the moment from which on it decides nothing any more
 */
export function createCanary(
  share: number,
  onRollBack: (modelVersion: string, rollBack: RollBack) => void,
): Canary {
  let watched = '';
  let isOver = false;
  let sides = { canary: NOTHING_SEEN, champion: NOTHING_SEEN };

  const add = (counts: SideCounts, sight: CanarySight): SideCounts => ({
    decided: counts.decided + (sight.decided ?? 0),
    alerted: counts.alerted + (sight.alerted ?? 0),
    failed: counts.failed + (sight.failed ?? 0),
    notFinite: counts.notFinite + (sight.notFinite ?? 0),
    writingMs: counts.writingMs + (sight.writingMs ?? 0),
  });
  const halve = (counts: SideCounts): SideCounts => ({
    decided: Math.floor(counts.decided / 2),
    alerted: Math.floor(counts.alerted / 2),
    failed: Math.floor(counts.failed / 2),
    notFinite: counts.notFinite,
    writingMs: counts.writingMs / 2,
  });
  return {
    includes: (modelVersion, card) => {
      if (modelVersion !== watched) {
        watched = modelVersion;
        isOver = false;
        sides = { canary: NOTHING_SEEN, champion: NOTHING_SEEN };
      }
      return !isOver && isInShare(`canary|${modelVersion}`, card, share);
    },
    note: (side, sight) => {
      if (isOver || watched === '') return;
      sides = { ...sides, [side]: add(sides[side], sight) };
      if (side === 'champion') return;
      const rollBack = judgeCanary(sides.canary, sides.champion);
      if (rollBack) {
        isOver = true;
        onRollBack(watched, rollBack);
      } else if (sides.canary.decided >= REMEMBERED) {
        sides = { canary: halve(sides.canary), champion: halve(sides.champion) };
      }
    },
  };
}

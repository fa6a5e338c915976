// shared/scoring/rank-effects.ts: effects of what was taken away → at most four reasons with direction and sentence, strongest first.
import type { Reason } from '../domain/decision.ts';
import { calmSentences, type ReasonCode, reasonCodes, reasonSentences } from '../domain/reason-code.ts';
import type { Occlusion } from './occlude.ts';

/** What one group, or one earlier event, does to the score. */
export interface Effect extends Pick<Occlusion, 'code' | 'event'> {
  readonly direction: 'raises' | 'lowers';
  /** Bits: log₂ of the factor by which the odds of fraud fall without it (uncalibrated); negative where they rise. */
  readonly contribution: number;
  /** Calibrated score without it, [0, 1]. */
  readonly scoreWithout: number;
  readonly sentence: string;
}

/** Weaker effects are no reason: they change the odds by less than a fourteenth. */
const LEAST_BITS = 0.1;
/** Places kept: far coarser than what two honest passes may differ by, so that they round alike. */
const BITS_UNIT = 100;
const MAXIMUM_REASONS = 4;
const MINUTE_MS = 60_000;

const spell = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** An age as a person would say it. */
function spellAge(ageMs: number): string {
  const minutes = Math.round(ageMs / MINUTE_MS);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 90) return spell(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? spell(hours, 'hour') : spell(Math.round(hours / 24), 'day');
}

function sentenceOf(
  { code, event }: Pick<Occlusion, 'code' | 'event'>,
  direction: Effect['direction'],
): string {
  if (!event) return direction === 'raises' ? reasonSentences[code] : calmSentences[code];
  const which = event.back === 1 ? 'The previous transaction of this card' : 'A transaction of this card';
  const verb = direction === 'raises' ? 'raises the risk of this one' : 'speaks for this one';
  return `${which}, ${spellAge(event.ageMs)} before, ${verb}.`;
}

/** @param dropLogits raw score with it minus raw score without it */
export function toEffect(occlusion: Occlusion, dropLogits: number, scoreWithout: number): Effect {
  const { code, event } = occlusion;
  const contribution = Math.round((dropLogits / Math.LN2) * BITS_UNIT) / BITS_UNIT;
  const direction = contribution >= 0 ? 'raises' : 'lowers';
  const sentence = sentenceOf(occlusion, direction);
  return { code, ...(event && { event }), direction, contribution, scoreWithout, sentence };
}

const placeOf = (code: ReasonCode): number => reasonCodes.indexOf(code);

/** By contribution, largest first; equal ones by code, then the later event first: the same effects always in the same order. */
export function compareEffects(left: Effect, right: Effect): number {
  return (
    right.contribution - left.contribution ||
    placeOf(left.code) - placeOf(right.code) ||
    (left.event?.back ?? 0) - (right.event?.back ?? 0)
  );
}

/** One reason per code: what raises the score, strongest first, then what lowers it, strongest first. */
export function toReasons(effects: readonly Effect[]): Reason[] {
  const sorted = effects.toSorted(compareEffects);
  const raising = sorted.filter(({ contribution }) => contribution >= LEAST_BITS);
  const lowering = sorted.filter(({ contribution }) => contribution <= -LEAST_BITS).reverse();
  const seen = new Set<ReasonCode>();
  const reasons: Reason[] = [];
  for (const { code, contribution, direction, sentence } of [...raising, ...lowering]) {
    if (reasons.length === MAXIMUM_REASONS || seen.has(code)) continue;
    seen.add(code);
    reasons.push({ code, contribution, sentence, direction });
  }
  return reasons;
}

// test/support/evidence.ts: pieces of label evidence for tests: written by hand, or drawn so that they contradict each other.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { evidenceActions } from '../../shared/domain/outcome.ts';
import type { LabelEvidence } from '../../shared/labels/evidence.ts';

const DAY_MS = 86_400_000;
const FIRST_MS = Date.parse('2026-03-01T00:00:00.000Z');

/** The instant `day` days after 1 March 2026. */
export const onDay = (day: number): Date => new Date(FIRST_MS + day * DAY_MS);

/** A piece of evidence that became known on `day`. */
export function evidence(
  kind: LabelEvidence['kind'],
  label: LabelEvidence['label'],
  day: number,
  more: Partial<LabelEvidence> = {},
): LabelEvidence {
  return {
    outcomeId: `${kind}-${label}-${day}`,
    action: 'new',
    kind,
    label,
    labeledAt: onDay(day).toISOString(),
    ...more,
  };
}

const kinds = ['verdict', 'fraud-report', 'chargeback', 'account-outcome'] as const;
const codes = ['10.4', '13.1', '4837', '4853', 'X9', undefined] as const;
const sources = ['console', 'issuer', 'network', undefined] as const;

/** Draws histories of records about one transaction, with few sources, ids and days, so that they collide. */
export function createEvidenceDraw(seed: number): (length: number) => LabelEvidence[] {
  const generator = xoroshiro128plus(seed);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[uniformInt(generator, 0, values.length - 1)] as Value;
  const drawOne = (): LabelEvidence => {
    const kind = pick(kinds);
    const label =
      kind === 'account-outcome' ? pick(['default', 'paid'] as const) : pick(['fraud', 'genuine'] as const);
    return {
      outcomeId: `o-${uniformInt(generator, 0, 5)}`,
      action: pick(evidenceActions),
      kind,
      label,
      labeledAt: onDay(uniformInt(generator, 0, 8)).toISOString(),
      source: pick(sources),
      evidenceId: pick(['a', 'b', undefined]),
      fraudType: label === 'fraud' ? pick(['stolen', 'counterfeit', undefined] as const) : undefined,
      disputeReasonCode: kind === 'chargeback' ? pick(codes) : undefined,
    };
  };
  return (length) => Array.from({ length }, drawOne);
}

/** `values` in another order. */
export function createShuffle(seed: number): <Value>(values: readonly Value[]) => Value[] {
  const generator = xoroshiro128plus(seed);
  return (values) => {
    const shuffled = [...values];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = uniformInt(generator, 0, last);
      [shuffled[last], shuffled[other]] = [shuffled[other] as never, shuffled[last] as never];
    }
    return shuffled;
  };
}

/** Every order of `values`. */
export function* permutations<Value>(values: readonly Value[]): Generator<Value[]> {
  if (values.length <= 1) yield [...values];
  for (const [index, first] of values.entries()) {
    if (values.length <= 1) return;
    const rest = values.filter((_, other) => other !== index);
    for (const others of permutations(rest)) yield [first, ...others];
  }
}

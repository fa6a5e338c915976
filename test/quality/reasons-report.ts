// test/quality/reasons-report.ts: tables of the judgement of reasons, and alerts as an analyst would read them.
import { toReasons } from '../../shared/scoring/rank-effects.ts';
import type { FlaggedAlert } from './collect-alerts.ts';
import { countTypologies, intervalOf, type Trial, type TypologyCount } from './judge-reasons.ts';
import { say } from './say.ts';

const show = (value: number) => value.toFixed(2);
/** Prints the trials; true when the named group's interval lies above the random group's, and it wins in more than half. */
export function reportTrials(title: string, trials: readonly Trial[]): boolean {
  say(
    `\n${title}: ${trials.length} alerts with a past, on ${new Set(trials.map(({ card }) => card)).size} cards`,
  );
  const rows = (value: (trial: Trial) => number | undefined) =>
    trials.flatMap((trial) => {
      const found = value(trial);
      return found === undefined ? [] : [{ card: trial.card, value: found }];
    });
  const line = (name: string, values: ReturnType<typeof rows>) => {
    const { mean, lower, upper } = intervalOf(values);
    say(
      `  ${name.padEnd(58)} ${show(mean).padStart(6)} [${show(lower)}, ${show(upper)}]  n ${values.length}`,
    );
    return { mean, lower, upper };
  };
  const named = line(
    'bits lost: first reason made typical of the card',
    rows(({ named: bits }) => bits),
  );
  const random = line(
    'bits lost: another group, drawn at random',
    rows(({ random: bits }) => bits),
  );
  const bySurprise = rows(({ bySurprise: bits }) => bits);
  // A reference without tail tables knows nothing rare.
  if (bySurprise.length > 0) line('bits lost: first reason by surprise', bySurprise);
  line(
    'share: score falls',
    rows(({ named: bits }) => Number(bits > 0)),
  );
  const codes = new Map<string, number>();
  for (const { code } of trials) codes.set(code, (codes.get(code) ?? 0) + 1);
  say(`  first reasons: ${[...codes].map(([code, count]) => `${code} ${count}`).join(', ')}`);
  const share = line(
    'share: falls more than by the group at random',
    rows((trial) => Number(trial.named > trial.random)),
  );
  return named.lower > random.upper && share.lower > 0.5;
}

/** Prints a row per typology; the share of caught frauds with a planted code among their first two reasons. */
export function reportTypologies(alerts: readonly FlaggedAlert[]): number {
  const counts = countTypologies(alerts);
  say('\ncaught frauds with a code of their typology among the first two reasons');
  say(
    '  typology                caught  four codes  its two  by surprise  two at random  others’ codes  first reasons',
  );
  const row = (name: string, one: Omit<TypologyCount, 'first'>, first: string) => {
    const cells = [one.found, one.foundNarrow, one.bySurprise, one.chance, one.ofOthers];
    say(
      `  ${name.padEnd(22)} ${String(one.caught).padStart(7)}  ${cells.map((sum) => show(sum / one.caught).padStart(10)).join('  ')}  ${first}`,
    );
  };
  const all = { caught: 0, found: 0, foundNarrow: 0, bySurprise: 0, chance: 0, ofOthers: 0 };
  for (const [name, one] of counts) {
    all.caught += one.caught;
    all.found += one.found;
    all.foundNarrow += one.foundNarrow;
    all.bySurprise += one.bySurprise;
    all.chance += one.chance;
    all.ofOthers += one.ofOthers;
    const first = [...one.first].sort((left, right) => right[1] - left[1]).slice(0, 3);
    row(name, one, first.map(([code, count]) => `${code} ${count}`).join(', '));
  }
  row('all', all, '');
  return all.found / all.caught;
}

/** One alert per typology, as an analyst would read it. */
export function tellExamples(alerts: readonly FlaggedAlert[], count: number): void {
  const told = new Set<string>();
  for (const { isFraud, typology, transaction, evaluation, effects } of alerts) {
    if (!isFraud || typology === undefined || told.has(typology) || told.size === count) continue;
    told.add(typology);
    const { amountMinor, currency, merchant, entryMode, eventTime } = transaction;
    const { decision, score } = evaluation.decision;
    say(
      `\n${decision} ${score.toFixed(3)}: ${(amountMinor / 100).toFixed(2)} ${currency}, ${entryMode ?? 'entry mode unknown'}, category ${merchant?.mcc ?? '?'}, ${merchant?.country ?? '?'}, ${eventTime} (planted: ${typology})`,
    );
    for (const { contribution, direction, sentence } of toReasons(effects))
      say(`  ${direction} ${Math.abs(contribution).toFixed(1)} bits  ${sentence}`);
  }
}

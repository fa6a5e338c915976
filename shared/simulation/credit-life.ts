// shared/simulation/credit-life.ts: an account from statement to statement: balance, repayment, missed months, default or paid.
import type { Outcome } from '../domain/outcome.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Occurrence } from './calendar.ts';
import type { CardWorld } from './card-life.ts';
import type { Cardholder } from './cardholder.ts';
import type { TellApplied } from './later-lives.ts';
import { mixUnit, type Random } from './random.ts';
import { DAY_MS, dateOf, HOUR_MS } from './rhythm.ts';

/** What credit life needs beside the card's world. */
export interface CreditWorld extends CardWorld {
  readonly tellApplied: TellApplied;
  readonly tellOutcome: (outcome: Outcome) => void;
}

/** Months past due at which an account counts as defaulted: 90 days, the usual definition. */
const DEFAULT_MONTHS = 3;
/** An account is judged over this many statements: paid, when it did not default meanwhile. */
const HORIZON_STATEMENTS = 3;
const MINIMUM_SHARE = 0.05;

/** Monthly chance to move from one state of money to another: [fine, strained, failing, gone for good]. */
const stressMoves: readonly (readonly [worse: number, better: number])[] = [
  [0.012, 0],
  [0.1, 0.12],
  [0, 0.1],
  [0, 0],
];
/** Chance to miss a month, and to pay only part, by state of money. */
const missChances = [0.012, 0.16, 0.62, 1] as const;
const partChances = [0.2, 0.8, 0.95, 1] as const;

function moveStress(random: Random, person: Cardholder): void {
  const [worse, better] = stressMoves[person.stress] ?? [0, 0];
  const fate = random.uniform();
  if (fate < worse) person.stress += 1;
  else if (fate < worse + better) person.stress -= 1;
}

/** What a person pays back this month, in minor units; 0 = missed. */
function drawRepayment(random: Random, person: Cardholder): number {
  const { stress, balanceMinor } = person;
  if (balanceMinor <= 0 || random.chance(missChances[stress] ?? 1)) return 0;
  if (!random.chance(partChances[stress] ?? 1)) return balanceMinor;
  return Math.max(1, Math.round(balanceMinor * random.between(MINIMUM_SHARE, stress > 0 ? 0.25 : 0.8)));
}

function repay(world: CreditWorld, person: Cardholder, paid: number, timeMs: number): void {
  const isFull = paid >= person.balanceMinor;
  person.balanceMinor = Math.max(0, person.balanceMinor - paid);
  if (isFull) person.monthsPastDue = 0;
  else if (person.monthsPastDue > 0 && world.random.chance(0.5)) person.monthsPastDue -= 1;
  world.tellApplied(person, timeMs, {
    type: 'repayment',
    amountMinor: paid,
    currency: person.home.country.currency,
  });
}

function accountOutcome(statement: Transaction, label: 'default' | 'paid', timeMs: number): Outcome {
  return {
    outcomeId: `${statement.transactionId}-account`,
    action: 'new',
    kind: 'account-outcome',
    transactionId: statement.transactionId,
    portfolioId: statement.portfolioId,
    cardToken: statement.cardToken,
    transactionTime: statement.eventTime,
    accountId: statement.accountId,
    label,
    labeledAt: new Date(timeMs).toISOString(),
    source: 'simulation',
  };
}

/** The account's standing entry: a statement each month, a repayment or none some days after it. */
export function createCreditLife(world: CreditWorld, person: Cardholder): Occurrence {
  const { random } = world;
  const dayOfMonth = 1 + Math.floor(28 * mixUnit(person.seed, 71));
  let judged: Transaction | undefined;
  let statements = 0;

  const nextStatement = (timeMs: number) => {
    const { year, month } = dateOf(timeMs);
    return Date.UTC(year, month + 1, dayOfMonth) + random.between(1, 5) * HOUR_MS;
  };
  const judge = (label: 'default' | 'paid', timeMs: number) => {
    if (judged) world.tellOutcome(accountOutcome(judged, label, timeMs));
    judged = undefined;
  };
  const planRepayment = (timeMs: number) => {
    const paid = drawRepayment(random, person);
    if (paid === 0 && person.balanceMinor > 0) person.monthsPastDue += 1;
    if (paid === 0) return;
    const atMs = timeMs + random.between(3, 24) * DAY_MS;
    world.calendar.once(atMs, (now) => repay(world, person, paid, now));
  };

  return {
    happen: (timeMs) => {
      if (person.monthsPastDue >= DEFAULT_MONTHS) {
        person.blockedUntilMs = Number.POSITIVE_INFINITY;
        judge('default', timeMs);
        return Number.POSITIVE_INFINITY;
      }
      moveStress(random, person);
      const { balanceMinor: amountMinor, monthsPastDue } = person;
      const currency = person.home.country.currency;
      const statement = world.tellApplied(person, timeMs, {
        type: 'statement',
        amountMinor,
        currency,
        monthsPastDue,
      });
      if (statements % HORIZON_STATEMENTS === 0) {
        judge('paid', timeMs);
        judged = statement;
      }
      statements += 1;
      planRepayment(timeMs);
      return nextStatement(timeMs);
    },
  };
}

/** First statement after the start. */
export function firstStatement(random: Random, startMs: number): number {
  return startMs + random.between(0, 30) * DAY_MS;
}

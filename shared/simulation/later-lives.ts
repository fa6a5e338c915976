// shared/simulation/later-lives.ts: what becomes of an approved payment: clearing after days, a reversal within minutes, a refund within weeks.
import type { Transaction } from '../domain/transaction.ts';
import type { Calendar } from './calendar.ts';
import type { Cardholder } from './cardholder.ts';
import type { PortfolioTraits } from './portfolio-traits.ts';
import type { Purchase } from './purchase.ts';
import type { Random } from './random.ts';
import { DAY_MS } from './rhythm.ts';
import type { AppliedFields } from './transaction-writer.ts';

/** Tells an applied event of a card. */
export type TellApplied = (person: Cardholder, timeMs: number, applied: AppliedFields) => Transaction;

export interface LaterLivesWorld {
  readonly traits: PortfolioTraits;
  readonly random: Random;
  readonly calendar: Calendar;
  readonly tellApplied: TellApplied;
}

const REVERSAL_SHARE = 0.003;
/** Categories where the final amount differs from the authorized one: tips, tanks, hotels. */
const openAmounts: ReadonlySet<string> = new Set(['5812', '5813', '5542', '7011', '7512']);

/** Decides the later life of each payment; most have none that is told. */
export function createLaterLives(world: LaterLivesWorld) {
  const { traits, random, calendar, tellApplied } = world;

  function file(person: Cardholder, atMs: number, applied: AppliedFields): void {
    calendar.once(atMs, (timeMs) => void tellApplied(person, timeMs, applied));
  }

  /** @param timeMs instant of the payment */
  return (person: Cardholder, purchase: Purchase, original: Transaction, timeMs: number): void => {
    if (purchase.response === 'declined') return;
    const { amountMinor, currency } = original;
    const fate = random.uniform();
    if (fate < REVERSAL_SHARE) {
      file(person, timeMs + random.between(0.5, 40) * 60_000, {
        type: 'reversal',
        amountMinor,
        currency,
        original,
      });
    } else if (fate < REVERSAL_SHARE + traits.refundShare) {
      const part = random.chance(0.7) ? 1 : random.between(0.2, 0.9);
      const refunded = Math.max(1, Math.round(amountMinor * part));
      file(person, timeMs + random.between(1, 24) * DAY_MS, {
        type: 'refund',
        amountMinor: refunded,
        currency,
        original,
      });
    } else if (random.uniform() < traits.clearingShare) {
      const isOpen = openAmounts.has(purchase.merchant.category.mcc);
      const cleared = isOpen ? Math.round(amountMinor * random.between(0.95, 1.18)) : amountMinor;
      file(person, timeMs + random.between(0.4, 3.2) * DAY_MS, {
        type: 'clearing',
        amountMinor: cleared,
        currency,
        original,
      });
    }
  };
}

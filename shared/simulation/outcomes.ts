// shared/simulation/outcomes.ts: how the truth comes back: verdicts in days, fraud reports in weeks, chargebacks in months, some never.
import type { Outcome } from '../domain/outcome.ts';
import { merchantKeyOf, type Transaction } from '../domain/transaction.ts';
import type { Calendar } from './calendar.ts';
import type { Random } from './random.ts';
import { DAY_MS, HOUR_MS } from './rhythm.ts';
import type { Typology } from './typologies/typology.ts';

type Kind = 'verdict' | 'fraud-report' | 'chargeback';

/** When each kind of evidence of one episode comes in (ms since the epoch); Infinity when it never does. */
export interface Disclosure {
  readonly verdictAt: number;
  readonly reportAt: number;
  readonly chargebackAt: number;
}

export const NEVER: Disclosure = { verdictAt: Infinity, reportAt: Infinity, chargebackAt: Infinity };

/**
 * Draws how an episode that began at `timeMs` will come to light.
 * @param delayFactor of verdicts and reports against the usual; chargebacks take the time they take
 */
export function drawDisclosure(
  random: Random,
  typology: Typology,
  timeMs: number,
  delayFactor = 1,
): Disclosure {
  if (random.chance(typology.neverKnownShare)) return NEVER;
  const isFriendly = typology.name === 'friendly-fraud';
  const verdict = !isFriendly && random.chance(0.4);
  const report = !isFriendly && random.chance(verdict ? 0.35 : 0.7);
  const chargeback = isFriendly || random.chance(verdict || report ? 0.4 : 1);
  return {
    verdictAt: verdict ? timeMs + delayFactor * random.logNormal(1.2, 0.8) * DAY_MS : Infinity,
    reportAt: report ? timeMs + delayFactor * random.logNormal(15, 0.5) * DAY_MS : Infinity,
    chargebackAt: chargeback ? timeMs + Math.min(150, random.logNormal(55, 0.4)) * DAY_MS : Infinity,
  };
}

/** The instant at which anybody first knows. */
export function firstKnownAt(disclosure: Disclosure): number {
  return Math.min(disclosure.verdictAt, disclosure.reportAt, disclosure.chargebackAt);
}

const REMOTE_CODE = '10.4';
const PRESENT_CODES: Readonly<Record<string, string>> = { counterfeit: '10.1', stolen: '10.3' };

export interface Evidence {
  readonly kind: Kind;
  readonly label: 'fraud' | 'genuine';
  readonly fraudType?: Outcome['fraudType'];
  readonly atMs: number;
}

/** The outcome record of one piece of evidence about one transaction. */
export function toOutcome(transaction: Transaction, evidence: Evidence): Outcome {
  const { kind, label, fraudType, atMs } = evidence;
  const code = transaction.cardPresent ? (PRESENT_CODES[fraudType ?? ''] ?? '10.3') : REMOTE_CODE;
  return {
    outcomeId: `${transaction.transactionId}-${kind}`,
    action: 'new',
    kind,
    transactionId: transaction.transactionId,
    portfolioId: transaction.portfolioId,
    cardToken: transaction.cardToken,
    transactionTime: transaction.eventTime,
    merchantKey: merchantKeyOf(transaction),
    accountId: transaction.accountId,
    label,
    fraudType: label === 'fraud' ? fraudType : undefined,
    disputeReasonCode: kind === 'chargeback' ? code : undefined,
    labeledAt: new Date(atMs).toISOString(),
    source: 'simulation',
  };
}

/** Files the coming outcomes of one fraud transaction. */
export interface OutcomeDesk {
  disclose(
    transaction: Transaction,
    fraudType: Outcome['fraudType'],
    disclosure: Disclosure,
    timeMs: number,
  ): void;
  /** An alert on an honest payment, cleared by an analyst some days later. */
  clear(transaction: Transaction, timeMs: number): void;
}

export function createOutcomeDesk(
  random: Random,
  calendar: Calendar,
  tell: (outcome: Outcome) => void,
): OutcomeDesk {
  const file = (transaction: Transaction, evidence: Evidence) => {
    if (evidence.atMs === Infinity) return;
    const outcome = toOutcome(transaction, evidence);
    calendar.once(evidence.atMs, () => tell(outcome));
  };
  return {
    disclose: (transaction, fraudType, disclosure, timeMs) => {
      const soonest = timeMs + random.between(0.3, 20) * HOUR_MS;
      const isPaid = transaction.authorizationResponse !== 'declined';
      file(transaction, {
        kind: 'verdict',
        label: 'fraud',
        fraudType,
        atMs: Math.max(soonest, disclosure.verdictAt),
      });
      file(transaction, {
        kind: 'fraud-report',
        label: 'fraud',
        fraudType,
        atMs: Math.max(soonest, disclosure.reportAt),
      });
      if (isPaid)
        file(transaction, {
          kind: 'chargeback',
          label: 'fraud',
          fraudType,
          atMs: Math.max(soonest, disclosure.chargebackAt),
        });
    },
    clear: (transaction, timeMs) => {
      file(transaction, {
        kind: 'verdict',
        label: 'genuine',
        atMs: timeMs + random.logNormal(1.2, 0.8) * DAY_MS,
      });
    },
  };
}

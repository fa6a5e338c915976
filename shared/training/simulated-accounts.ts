// shared/training/simulated-accounts.ts: accounts of simulated portfolios as of moments after a statement, with what became of them.
import type { CreditSubject } from '../credit/encode-history.ts';
import { entityKeyOf } from '../domain/entity.ts';
import type { Transaction } from '../domain/transaction.ts';
import { createReferenceBuilder } from '../features/build-reference.ts';
import { toMajorUnits } from '../features/codes.ts';
import { describeEvent } from '../features/describe-event.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { appendEvent, viewBefore } from '../sequence/entity-record.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { limitsOf } from '../sequence/record-limits.ts';
import type { EntityRecord } from '../sequence/state-store.ts';
import { createCardholder } from '../simulation/cardholder.ts';
import { createMerchantDirectory } from '../simulation/merchants.ts';
import { createSimulation, drawTraits, type SimulationOptions } from '../simulation/simulation.ts';

/** A subject with its outcome. */
export interface SimulatedAccount {
  readonly subject: CreditSubject;
  readonly isDefault: boolean;
}

const REFERENCE_DAYS = 60;
const DAY_MS = 86_400_000;
/** An account is asked about up to this long after its statement, so that time since the last event varies. */
const LATEST_QUESTION_DAYS = 20;
/** One account in so many is asked about without its limit: the model must answer then, too. */
const LIMIT_UNKNOWN_EVERY = 8;

function measureReference(options: SimulationOptions): PopulationReference {
  const builder = createReferenceBuilder(drawTraits(options)[0]?.portfolioId ?? '');
  for (const record of createSimulation({ ...options, days: REFERENCE_DAYS })) {
    if (record.kind === 'transaction') builder.add(record.transaction);
  }
  return builder.build();
}

/** Credit limits by account, in reference units: facts that no transaction tells. */
function readLimits(options: SimulationOptions, reference: PopulationReference): Map<string, number> {
  const limits = new Map<string, number>();
  for (const traits of drawTraits(options)) {
    const directory = createMerchantDirectory(traits);
    for (let index = 0; index < traits.cards; index++) {
      const { hasCredit, accountId, home, limitMinor } = createCardholder(traits, directory, index);
      const { currency } = home.country;
      const median = reference.currencyMedians[currency] ?? reference.currencyMedians['*'] ?? 1;
      if (hasCredit) limits.set(accountId, toMajorUnits(limitMinor, currency) / median);
    }
  }
  return limits;
}

/** Statements and repayments of every account, packed as scoring would have stored them. */
function createAccountHistories(reference: PopulationReference) {
  const records = new Map<string, EntityRecord>();
  const events = new Map<string, Uint8Array[]>();
  return {
    add(transaction: Transaction): void {
      const { portfolioId, accountId, cardToken, eventTime, transactionId } = transaction;
      const key = entityKeyOf({ kind: 'account', portfolioId, key: accountId ?? cardToken });
      const position = { timeMs: Date.parse(eventTime), ...hashTransactionId(transactionId) };
      const event = describeEvent(transaction, viewBefore(records.get(key), position), reference);
      records.set(key, appendEvent(records.get(key), event, limitsOf(key)));
      events.set(key, [...(events.get(key) ?? []), event]);
    },
    read(key: string): Uint8Array {
      const all = events.get(key) ?? [];
      const joined = new Uint8Array(all.length * EVENT_BYTES);
      all.forEach((event, index) => {
        joined.set(event, index * EVENT_BYTES);
      });
      return joined;
    },
  };
}

/** Every judged account of one portfolio: as of a moment after the judged statement, never after the next one. */
export function simulateAccounts(options: SimulationOptions): {
  accounts: SimulatedAccount[];
  reference: PopulationReference;
} {
  const reference = measureReference(options);
  const limits = readLimits(options, reference);
  const histories = createAccountHistories(reference);
  const accounts: SimulatedAccount[] = [];
  for (const record of createSimulation(options)) {
    if (record.kind === 'transaction') {
      const { type } = record.transaction;
      if (type === 'statement' || type === 'repayment') histories.add(record.transaction);
      continue;
    }
    const { kind, label, portfolioId, accountId, cardToken, transactionTime, transactionId } = record.outcome;
    if (kind !== 'account-outcome') continue;
    const key = entityKeyOf({ kind: 'account', portfolioId, key: accountId ?? cardToken });
    const { idLow, idHigh } = hashTransactionId(transactionId);
    const isLimitKnown = idHigh % LIMIT_UNKNOWN_EVERY !== 0;
    const waitedMs = 1 + (idLow % 1000) * 1e-3 * LATEST_QUESTION_DAYS * DAY_MS;
    accounts.push({
      isDefault: label === 'default',
      subject: {
        portfolioId,
        // All that was told by now; the reader of the history leaves out what is not before `asOfMs`.
        events: histories.read(key),
        limit: isLimitKnown ? (limits.get(accountId ?? '') ?? Number.NaN) : Number.NaN,
        asOfMs: Math.round(Date.parse(transactionTime) + waitedMs),
      },
    });
  }
  return { accounts, reference };
}

// test/shared/features/histories.ts: random card histories for property tests, and the same stream replayed up to a point.
import fc from 'fast-check';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import { type Transaction, transactionSchema } from '../../../shared/domain/transaction.ts';
import type { PopulationReference } from '../../../shared/features/population-reference.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../../../shared/features/population-reference.ts';
import { createReplay, type Replay } from '../../../shared/features/replay-into-memory.ts';

export const reference: PopulationReference = {
  portfolioId: 'default',
  madeFrom: {
    firstEventTime: '2026-01-01T00:00:00.000Z',
    lastEventTime: '2026-02-01T00:00:00.000Z',
    transactions: 1,
  },
  currencyMedians: { EUR: 40, JPY: 5000, '*': 40 },
  amount: {
    quantile95: 1.6,
    quantile99: 2.3,
    mean: 0,
    standardDeviation: 1,
    binLogProbabilities: Array.from({ length: AMOUNT_BINS }, () => -Math.log(AMOUNT_BINS)),
  },
  cardLevel: { mean: 1.2, standardDeviation: 0.6 },
  hourLogProbabilities: Array.from({ length: HOUR_BINS }, () => -Math.log(HOUR_BINS)),
  tails: {},
};

export const DAY_MS = 86_400_000;
export const startMs = Date.parse('2026-03-01T00:00:00Z');
export const toTime = (ms: number): string => new Date(ms).toISOString();

/** A transaction with only what is obligatory, and what the test cares about. */
export function makeTransaction(fields: Record<string, unknown> = {}): Transaction {
  return transactionSchema.parse({
    transactionId: 't1',
    eventTime: toTime(startMs),
    cardToken: 'card-1',
    amountMinor: 4000,
    currency: 'EUR',
    ...fields,
  });
}

const optional = <Value>(values: readonly Value[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

const randomFields = fc.record({
  day: fc.integer({ min: 0, max: 39 }),
  msOfDay: fc.integer({ min: 0, max: DAY_MS - 1 }),
  amountMinor: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(100, 100_000, 500_000)),
  currency: fc.constantFrom('EUR', 'EUR', 'JPY', 'USD'),
  cardToken: fc.constantFrom('card-1', 'card-1', 'card-2'),
  merchantId: optional(['shop-1', 'shop-2', 'shop-3']),
  mcc: optional(['5411', '5812', '5732']),
  country: optional(['DE', 'FR', 'US']),
  type: fc.constantFrom(
    ...(['authorization', 'authorization', 'authorization', 'transfer', 'refund'] as const),
  ),
  entryMode: optional(['chip', 'ecommerce', 'atm'] as const),
  cardPresent: optional([true, false]),
  deviceId: optional(['phone', 'laptop']),
  accountId: optional(['account-1']),
  fraudDelayDays: fc.option(fc.double({ min: 0.01, max: 30, noNaN: true }), { freq: 3, nil: undefined }),
});

/** A transaction, and the label that becomes known about it, if any. */
export interface HistoryLine {
  readonly transaction: Transaction;
  readonly timeMs: number;
  readonly outcome: Outcome | undefined;
}

function toLine(
  fields: typeof randomFields extends fc.Arbitrary<infer Value> ? Value : never,
  at: number,
): HistoryLine {
  const { day, msOfDay, merchantId, mcc, country, fraudDelayDays, ...plain } = fields;
  const timeMs = startMs + day * DAY_MS + msOfDay;
  const transaction = makeTransaction({
    ...plain,
    transactionId: `t${at}`,
    eventTime: toTime(timeMs),
    merchant: { id: merchantId, mcc, country },
  });
  const outcome: Outcome | undefined =
    fraudDelayDays === undefined || plain.type === 'refund'
      ? undefined
      : {
          outcomeId: `o${at}`,
          action: 'new',
          kind: 'fraud-report',
          transactionId: transaction.transactionId,
          portfolioId: 'default',
          cardToken: transaction.cardToken,
          ...(merchantId !== undefined && { merchantKey: merchantId }),
          ...(transaction.accountId !== undefined && { accountId: transaction.accountId }),
          transactionTime: transaction.eventTime,
          label: 'fraud',
          labeledAt: toTime(timeMs + Math.round(fraudDelayDays * DAY_MS)),
        };
  return { transaction, timeMs, outcome };
}

/** Up to `most` transactions of two cards at three merchants over 40 days, in event-time order. */
export const histories = (most: number): fc.Arbitrary<HistoryLine[]> =>
  fc
    .array(randomFields, { minLength: 2, maxLength: most })
    .map((all) => all.map(toLine).sort((left, right) => left.timeMs - right.timeMs));

/** Replays transactions and labels of `lines`; `knownBefore` leaves out labels learnt later than that instant. */
export function replayLines(lines: readonly HistoryLine[], knownBefore = Number.POSITIVE_INFINITY): Replay {
  const replay = createReplay({ referenceOf: () => reference });
  for (const { transaction } of lines) replay.push(transaction);
  for (const { outcome } of lines) {
    if (outcome !== undefined && Date.parse(outcome.labeledAt) <= knownBefore) replay.mark(outcome);
  }
  return replay;
}

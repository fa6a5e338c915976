// test/parity/credit-clients.test.ts: the public clients as histories: nothing protected in them, and the months come out as they went in.
import { describe, expect, test } from 'vitest';
import { readBillingHistory, selectBillingEvents } from '../../shared/credit/billing-months.ts';
import { figureNames, measureFigures } from '../../shared/credit/credit-figures.ts';
import { eventsBefore } from '../../shared/credit/credit-scorer.ts';
import {
  CREDIT_AS_OF,
  creditReference,
  readCreditClients,
  toAccountRecord,
} from '../quality/credit-clients.ts';

const clients = readCreditClients(200);

describe.skipIf(!clients)('credit clients (skipped without FRAUD_QUALITY_DATA or ../shared/data)', () => {
  test('a history holds statements and repayments with amounts, times and months past due, and nothing else', () => {
    const told = new Set(
      clients?.flatMap(({ transactions }) => transactions.flatMap((one) => Object.keys(one))),
    );
    expect([...told].sort()).toEqual([
      'accountId',
      'amountMinor',
      'cardToken',
      'currency',
      'eventTime',
      'monthsPastDue',
      'portfolioId',
      'transactionId',
      'type',
    ]);
  });

  test('the packed months of the first client are those of the file: bills, repayments before them, status of 2 twice', () => {
    const [client] = clients ?? [];
    if (!client || !clients) throw new Error('expected a client');
    const reference = creditReference(clients);
    const median = reference.currencyMedians.TWD ?? 1;
    const events = eventsBefore(toAccountRecord(client, reference), CREDIT_AS_OF);
    const history = readBillingHistory(selectBillingEvents(events, CREDIT_AS_OF.getTime()));
    expect(history.months.map(({ bill }) => Math.round(bill * median))).toEqual([3913, 3102, 689, 0, 0, 0]);
    expect(history.months.map(({ repaid }) => Math.round(repaid * median))).toEqual([0, 689, 0, 0, 0, 0]);
    expect(history.months.map(({ monthsPastDue }) => monthsPastDue)).toEqual([2, 2, 0, 0, 0, 0]);
    const limit = client.creditLimitMinor / 100 / median;
    const figures = measureFigures(history, { limit }, CREDIT_AS_OF.getTime());
    expect(figures[figureNames.indexOf('utilisation-0')]).toBeCloseTo(3913 / 20_000, 5);
    expect(figures[figureNames.indexOf('past-due-sum')]).toBe(4);
    expect(figures.every((value) => Number.isFinite(value))).toBe(true);
  });
});

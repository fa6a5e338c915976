// test/quality/poison-labels.ts: outcomes as they would have come had the labels of some transactions been flipped.
import type { Outcome } from '../../shared/domain/outcome.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import type { GatesPortfolio, TrueRow } from './gates-portfolio.ts';

const DAY_MS = 86_400_000;

/** Uniform in [0, 1), the same for the same transaction always. */
const drawOf = ({ transaction }: TrueRow, salt: string): number =>
  hashTransactionId(`${salt}|${transaction.transactionId}`).idLow / 2 ** 32;

/** What is known of it turned round; where nothing is known it counts as genuine, and turned round is a report of fraud. */
export function flipLabels(
  { outcomes, truth }: GatesPortfolio,
  isFlipped: (row: TrueRow) => boolean,
): Outcome[] {
  const flipped = new Map([...truth].filter(([, row]) => isFlipped(row)));
  const known = new Set(outcomes.map(({ transactionId }) => transactionId));
  const turned = outcomes.map((outcome): Outcome => {
    if (!flipped.has(outcome.transactionId)) return outcome;
    const { fraudType: _type, ...rest } = outcome;
    return outcome.label === 'fraud'
      ? { ...rest, label: 'genuine' }
      : { ...rest, label: 'fraud', fraudType: 'unauthorized-use' };
  });
  const reported = [...flipped.values()]
    .filter(({ transaction }) => !known.has(transaction.transactionId))
    .map(reportFraud);
  return [...turned, ...reported];
}

function reportFraud({ transaction, eventTimeMs, merchantKey }: TrueRow): Outcome {
  return {
    outcomeId: `${transaction.transactionId}-flipped`,
    action: 'new',
    kind: 'fraud-report',
    transactionId: transaction.transactionId,
    portfolioId: transaction.portfolioId,
    cardToken: transaction.cardToken,
    transactionTime: transaction.eventTime,
    merchantKey,
    label: 'fraud',
    fraudType: 'unauthorized-use',
    labeledAt: new Date(eventTimeMs + DAY_MS).toISOString(),
    source: 'simulation',
  };
}

/** Rows of every kind, each with this probability: the fraud rate jumps. */
export const flipShare = (portfolio: GatesPortfolio, share: number): Outcome[] =>
  flipLabels(portfolio, (row) => drawOf(row, 'flip') < share);

/** This share of the frauds that are known, and as many others: the fraud rate stays. */
export function swapShare(portfolio: GatesPortfolio, share: number): Outcome[] {
  const frauds = portfolio.outcomes.filter(({ label }) => label === 'fraud');
  const known = new Set(frauds.map(({ transactionId }) => transactionId));
  const rest = (share * known.size) / Math.max(1, portfolio.truth.size - known.size);
  return flipLabels(
    portfolio,
    (row) => drawOf(row, 'swap') < (known.has(row.transaction.transactionId) ? share : rest),
  );
}

export const flipMerchant = (portfolio: GatesPortfolio, merchantKey: string): Outcome[] =>
  flipLabels(portfolio, (row) => row.merchantKey === merchantKey);

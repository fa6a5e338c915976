// shared/domain/outcome.ts: label evidence that comes back late: analyst verdicts, fraud reports, chargebacks, account outcomes.
import { z } from 'zod';
import { identifierSchema as identifier } from './identifier.ts';

export const evidenceKinds = ['verdict', 'fraud-report', 'chargeback', 'account-outcome'] as const;
export const fraudTypes = [
  'lost',
  'stolen',
  'counterfeit',
  'never-received',
  'fraudulent-application',
  'unauthorized-use',
  'account-takeover',
  'friendly-fraud',
] as const;

/** `fraud.outcomes.v1`, keyed by card. */
export const outcomeSchema = z.object({
  outcomeId: identifier,
  action: z.enum(['new', 'update', 'duplicate', 'close', 'reopen']).default('new'),
  kind: z.enum(evidenceKinds),
  transactionId: identifier,
  portfolioId: identifier.default('default'),
  cardToken: identifier,
  /** Time of the labelled transaction; with `merchantKey` looked up at the edge when the sender lacks them. */
  transactionTime: z.iso.datetime({ offset: true }),
  /** Terminal id, or merchant id where no terminal is known: the merchant entity's key. */
  merchantKey: identifier.optional(),
  accountId: identifier.optional(),
  label: z.enum(['fraud', 'genuine', 'default', 'paid']),
  fraudType: z.enum(fraudTypes).optional(),
  /** The network's code of a chargeback; never our reason codes. */
  disputeReasonCode: z.string().max(16).optional(),
  /** When this became known to the sender. */
  labeledAt: z.iso.datetime({ offset: true }),
  source: z.string().max(64).optional(),
  author: z.string().max(64).optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

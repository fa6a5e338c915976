// shared/domain/outcome.ts: label evidence that comes back late: analyst verdicts, fraud reports, chargebacks, account outcomes.
import { z } from 'zod';
import { identifierSchema as identifier, textSchema } from './identifier.ts';

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

/** What a record does to the piece of evidence it is about; their effect: shared/labels/precedence.md. */
export const evidenceActions = ['new', 'update', 'duplicate', 'close', 'reopen'] as const;

/** `fraud.outcomes.v1`, keyed by card. */
export const outcomeSchema = z.object({
  /** Identity of this record: sent again it must be the same. */
  outcomeId: identifier,
  action: z.enum(evidenceActions).default('new'),
  kind: z.enum(evidenceKinds),
  /** The sender's number of the dispute, report or case, the same in all its records; without one a source has one piece per kind and transaction. */
  evidenceId: identifier.optional(),
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
  disputeReasonCode: textSchema.max(16).optional(),
  /** When this became known to the sender. */
  labeledAt: z.iso.datetime({ offset: true }),
  source: textSchema.max(64).optional(),
  author: textSchema.max(64).optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

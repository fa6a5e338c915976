// shared/labels/outcome-intake.ts: READ FIRST: an outcome at the edge → checked, counted against its source's quota, completed or parked, sent.
import type { Clock } from '../clock.ts';
import type { Outcome } from '../domain/outcome.ts';
import { defaultEdgeSettings, type EdgeSettings } from '../edge/edge-settings.ts';
import type { Tombstones } from '../erasure/tombstones.ts';
import { AppError } from '../errors.ts';
import type { FindTransactions } from './find-transactions.ts';
import { checkDraft, completeDraft, isComplete, type OutcomeDraft } from './outcome-draft.ts';
import type { ParkedEvidence, ReleaseCounts } from './parked-evidence.ts';
import type { SourceQuotas } from './source-quotas.ts';

/** What became of one draft. */
export type Admitted =
  | { readonly kind: 'sent'; readonly outcome: Outcome }
  | { readonly kind: 'parked' }
  | { readonly kind: 'refused'; readonly error: AppError };

export interface OutcomeIntake {
  /** In the order of `drafts`. Resolves when what was sent is acknowledged and what was parked is stored. */
  admit(drafts: readonly unknown[]): Promise<Admitted[]>;
  /** Joins what was parked with transactions that have come since. */
  release(): Promise<ReleaseCounts>;
}

/** A source that does not name itself. */
const NAMELESS = 'nameless';

export function createOutcomeIntake(parts: {
  readonly clock: Clock;
  readonly find: FindTransactions;
  readonly parked: ParkedEvidence;
  readonly quotas: SourceQuotas;
  /** Resolves when the outcomes are acknowledged by the broker. */
  readonly send: (outcomes: readonly Outcome[]) => Promise<void>;
  readonly edge?: EdgeSettings;
  readonly erasures?: Pick<Tombstones, 'isErased'>;
}): OutcomeIntake {
  const { clock, find, parked, quotas, send, edge = defaultEdgeSettings, erasures } = parts;

  const check = (draft: unknown): OutcomeDraft | AppError => {
    try {
      const checked = checkDraft(draft, clock.now(), edge);
      refuseErased(checked, erasures);
      quotas.take(checked.source ?? NAMELESS, clock.now());
      return checked;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'data') return error;
      throw error;
    }
  };

  return {
    admit: async (drafts) => {
      const checked = drafts.map(check);
      const accepted = checked.filter((one) => !(one instanceof AppError));
      // Senders that know the card still may not know the merchant: all are looked up.
      const facts = await find(accepted);
      let next = 0;
      const admitted = checked.map((one): Admitted => {
        if (one instanceof AppError) return { kind: 'refused', error: one };
        const found = facts[next++];
        if (found) return { kind: 'sent', outcome: completeDraft(one, found) };
        return isComplete(one) ? { kind: 'sent', outcome: one } : { kind: 'parked' };
      });
      await send(admitted.flatMap((one) => (one.kind === 'sent' ? [one.outcome] : [])));
      const waiting = checked.flatMap((one, index) =>
        admitted[index]?.kind === 'parked' && !(one instanceof AppError) ? [one] : [],
      );
      if (waiting.length > 0) parked.park(waiting, clock.now());
      return admitted;
    },
    release: () =>
      parked.release(clock.now(), (joined) =>
        send(joined.map(({ draft, facts }) => completeDraft(draft, facts))),
      ),
  };
}

/**
 * A payment is not younger than what is known of it.
 * @throws AppError FRAUD_CARD_ERASED: evidence about a card from before its erasure must not bring it back
 */
function refuseErased(draft: OutcomeDraft, erasures: Pick<Tombstones, 'isErased'> | undefined): void {
  const { portfolioId, cardToken, transactionTime = draft.labeledAt } = draft;
  if (cardToken !== undefined && erasures?.isErased(portfolioId, cardToken, Date.parse(transactionTime))) {
    throw new AppError('FRAUD_CARD_ERASED', { field: 'cardToken' });
  }
}

// shared/labels/resolve-label.ts: evidence of one transaction → its label at an instant, by the published precedence (precedence.md).
import type { Outcome } from '../domain/outcome.ts';
import { type LabelEvidence, type Statement, standingStatements } from './evidence.ts';

/** What is held for true of one transaction. `unknown` is neither: nobody has said anything that stands. */
export type Label =
  | { readonly label: 'unknown' }
  | {
      readonly label: 'fraud' | 'genuine';
      readonly decidedBy: Outcome['kind'];
      /** Instant from which the deciding statement was known, ms. */
      readonly knownAtMs: number;
      readonly source?: string | undefined;
      readonly evidenceId?: string | undefined;
      readonly fraudType?: Outcome['fraudType'];
      readonly disputeReasonCode?: string | undefined;
    };

/** What is held for true of an account's promise to pay. */
export type RepaymentLabel =
  | { readonly label: 'unknown' }
  | { readonly label: 'default' | 'paid'; readonly knownAtMs: number; readonly source?: string | undefined };

type FraudStatement = Statement & { readonly label: 'fraud' | 'genuine' };

/** Rows of the table in precedence.md. */
const INFORMED_VERDICT = 1;
const CHARGEBACK = 2;
const FRAUD_REPORT = 3;
const EARLIER_VERDICT = 4;

/**
 * The label of one transaction at `at`. Pure: the order of `evidence` and repeated records change nothing.
 * @param evidence all records about one transaction
 * @param at what became known later is not looked at
 */
export function resolveLabel(evidence: readonly LabelEvidence[], at: Date): Label {
  const statements = standingStatements(evidence, at.getTime()).flatMap(toFraudStatement);
  const networkMs = statements.reduce(
    (latest, one) => (one.evidence.kind === 'verdict' ? latest : Math.max(latest, one.knownAtMs)),
    Number.NEGATIVE_INFINITY,
  );
  const [deciding] = statements.sort(
    (left, right) => rankOf(left, networkMs) - rankOf(right, networkMs) || compareInRank(left, right),
  );
  if (!deciding) return { label: 'unknown' };
  const { kind, source, evidenceId, fraudType, disputeReasonCode } = deciding.evidence;
  return {
    label: deciding.label,
    decidedBy: kind,
    knownAtMs: deciding.knownAtMs,
    source,
    evidenceId,
    fraudType: deciding.label === 'fraud' ? fraudType : undefined,
    disputeReasonCode,
  };
}

/** Whether the account was repaid, as known at `at`. Pure, like `resolveLabel`. */
export function resolveRepayment(evidence: readonly LabelEvidence[], at: Date): RepaymentLabel {
  const accountOutcomes = evidence.filter(({ kind }) => kind === 'account-outcome');
  const [latest] = standingStatements(accountOutcomes, at.getTime()).sort(
    (left, right) =>
      right.knownAtMs - left.knownAtMs ||
      compareText(left.evidence.label, right.evidence.label) ||
      compareText(left.piece, right.piece),
  );
  const label = latest?.evidence.label;
  if (!latest || (label !== 'default' && label !== 'paid')) return { label: 'unknown' };
  return { label, knownAtMs: latest.knownAtMs, source: latest.evidence.source };
}

function toFraudStatement(statement: Statement): FraudStatement[] {
  const { kind, label } = statement.evidence;
  if (kind === 'account-outcome' || (label !== 'fraud' && label !== 'genuine')) return [];
  return [{ ...statement, label }];
}

function rankOf({ evidence, knownAtMs }: FraudStatement, networkMs: number): number {
  if (evidence.kind === 'chargeback') return CHARGEBACK;
  if (evidence.kind === 'fraud-report') return FRAUD_REPORT;
  return knownAtMs >= networkMs ? INFORMED_VERDICT : EARLIER_VERDICT;
}

/** The latest first; of the same instant fraud; then by name. */
function compareInRank(left: FraudStatement, right: FraudStatement): number {
  return (
    right.knownAtMs - left.knownAtMs ||
    compareText(left.label, right.label) ||
    compareText(left.piece, right.piece)
  );
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

// shared/labels/evidence.ts: label evidence as the resolver reads it: pieces, and what each says at an instant.
import type { evidenceActions, Outcome } from '../domain/outcome.ts';
import { isFraudDispute } from './dispute-codes.ts';

/** One record about one piece of evidence of one transaction. */
export type LabelEvidence = Pick<
  Outcome,
  | 'outcomeId'
  | 'evidenceId'
  | 'action'
  | 'kind'
  | 'label'
  | 'fraudType'
  | 'disputeReasonCode'
  | 'labeledAt'
  | 'source'
>;

/** What a piece says and since when. */
export interface Statement {
  readonly evidence: LabelEvidence;
  readonly piece: string;
  readonly knownAtMs: number;
}

/** Name of the piece a record is about: source, kind and the sender's number. */
export function pieceOf({ source, kind, evidenceId }: LabelEvidence): string {
  return `${source ?? ''}|${kind}|${evidenceId ?? ''}`;
}

/** Order of records of the same instant; the last of a piece's records counts. */
const actionOrder = [
  'new',
  'update',
  'reopen',
  'close',
  'duplicate',
] as const satisfies readonly (typeof evidenceActions)[number][];

/** Facts that order the records of a piece; the same two records compare the same on every machine. */
function sortKeyOf(evidence: LabelEvidence): readonly (string | number)[] {
  const { labeledAt, action, outcomeId, label, fraudType, disputeReasonCode } = evidence;
  return [
    Date.parse(labeledAt),
    actionOrder.indexOf(action),
    outcomeId,
    label,
    fraudType ?? '',
    disputeReasonCode ?? '',
  ];
}

function compareEvidence(left: LabelEvidence, right: LabelEvidence): number {
  const other = sortKeyOf(right);
  for (const [index, value] of sortKeyOf(left).entries()) {
    const against = other[index] ?? '';
    if (value !== against) return value < against ? -1 : 1;
  }
  return 0;
}

/** A dispute over goods says nothing about who paid. */
function isSilent({ kind, disputeReasonCode }: LabelEvidence): boolean {
  return (
    kind === 'chargeback' && disputeReasonCode !== undefined && isFraudDispute(disputeReasonCode) === false
  );
}

/** The last record of those with one of these actions. */
function lastOf(
  records: readonly LabelEvidence[],
  actions: readonly LabelEvidence['action'][],
): LabelEvidence | undefined {
  return records.filter(({ action }) => actions.includes(action)).at(-1);
}

/** What the pieces that stand at `atMs` say; one per piece, in no order that matters. */
export function standingStatements(evidence: readonly LabelEvidence[], atMs: number): Statement[] {
  const pieces = new Map<string, LabelEvidence[]>();
  for (const one of evidence) {
    if (Date.parse(one.labeledAt) > atMs) continue;
    const records = pieces.get(pieceOf(one));
    if (records) records.push(one);
    else pieces.set(pieceOf(one), [one]);
  }
  return [...pieces].flatMap(([piece, records]) => {
    records.sort(compareEvidence);
    const said = lastOf(records, ['new', 'update', 'reopen']);
    const stance = lastOf(records, ['new', 'reopen', 'close']);
    if (!said || stance?.action === 'close' || isSilent(said)) return [];
    return [{ evidence: said, piece, knownAtMs: Date.parse(said.labeledAt) }];
  });
}

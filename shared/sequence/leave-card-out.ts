// shared/sequence/leave-card-out.ts: what an event of an erased card still changes: merchants and accounts, which keep what names no card.

/** @param isErased whether the event is one of an erased card, from before its erasure */
export function leaveCardOut<Change extends { readonly entityKey: string }>(
  changes: readonly Change[],
  isErased: boolean,
): Change[] {
  return changes.filter(({ entityKey }) => !isErased || !entityKey.startsWith('c|'));
}

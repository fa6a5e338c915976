// shared/decisions/content-hash.ts: what tells a redelivered transaction from another one under the same id.
import type { Transaction } from '../domain/transaction.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';

/** 64-bit hash of the parsed content as 16 hex characters; field order, white space and unknown fields of the sender do not matter. */
export function contentHashOf(transaction: Transaction): string {
  const { idHigh, idLow } = hashTransactionId(JSON.stringify(transaction));
  return idHigh.toString(16).padStart(8, '0') + idLow.toString(16).padStart(8, '0');
}

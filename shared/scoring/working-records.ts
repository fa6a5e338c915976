// shared/scoring/working-records.ts: the records of a chunk, read once; each transaction's appends are seen by the ones after it.
import type { Transaction } from '../domain/transaction.ts';
import { entityKeysOf, type TransactionKeys } from '../features/build-context.ts';
import { appendTransient } from '../sequence/entity-record.ts';
import { limitsOf } from '../sequence/record-limits.ts';
import type { AppendEvent, EntityRecord } from '../sequence/state-store.ts';

/** Records in the order of `entityKeys`; undefined where nothing is known (`StateStore.readRecords`). */
export type ReadRecords = (
  entityKeys: readonly string[],
) => readonly (EntityRecord | undefined)[] | Promise<readonly (EntityRecord | undefined)[]>;

/** The histories of one transaction, as the transactions before it in the chunk left them. */
export interface TransactionRecords {
  readonly card: EntityRecord | undefined;
  readonly merchant: EntityRecord | undefined;
  readonly account: EntityRecord | undefined;
  readonly replacedCard: EntityRecord | undefined;
}

/** Working copies of a chunk's records. Nothing is written back: the store applies the same appends in its own transaction. */
export interface WorkingRecords {
  recordsOf(transaction: Transaction): TransactionRecords;
  append(appends: readonly AppendEvent[]): void;
}

/** Reads every record the transactions need, once each. */
export async function loadWorkingRecords(
  transactions: readonly Transaction[],
  readRecords: ReadRecords,
): Promise<WorkingRecords> {
  const keysOf = new Map<Transaction, TransactionKeys>();
  const wanted = new Set<string>();
  for (const transaction of transactions) {
    const keys = entityKeysOf(transaction);
    keysOf.set(transaction, keys);
    for (const key of Object.values(keys)) if (key !== undefined) wanted.add(key);
  }
  const entityKeys = [...wanted];
  const read = await readRecords(entityKeys);
  const records = new Map(entityKeys.map((key, index) => [key, read[index]]));
  const find = (key: string | undefined): EntityRecord | undefined =>
    key === undefined ? undefined : records.get(key);
  return {
    recordsOf: (transaction) => {
      const { card, merchant, account, replacedCard } = keysOf.get(transaction) ?? entityKeysOf(transaction);
      return {
        card: find(card),
        merchant: find(merchant),
        account: find(account),
        replacedCard: find(replacedCard),
      };
    },
    append: (appends) => {
      for (const { entityKey, event, original, takesOverFrom } of appends) {
        const before = records.get(entityKey) ?? find(takesOverFrom);
        records.set(entityKey, appendTransient(before, event, limitsOf(entityKey), original));
      }
    },
  };
}

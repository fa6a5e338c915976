// shared/access/access-tables.ts: where keys and the audit log lie: one flushed environment, shared by the API and by fraudctl.
import { openTables, type Tables } from '../storage/lmdb-tables.ts';

export type AccessTables = Tables<'keys' | 'audit'>;

/** @throws AppError FRAUD_STORE_UNAVAILABLE */
export function openAccessTables(directory: string): AccessTables {
  return openTables({ directory, names: ['keys', 'audit'], isFlushed: true });
}

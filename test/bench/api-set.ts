// test/bench/api-set.ts: what the API bench sends: histories of thirty days, transactions of the days after, a key without limits.
import { join } from 'node:path';
import { loadWarmUp } from '../../infra/local/load-warm-up.ts';
import { parseOptions } from '../../infra/local/options.ts';
import { createTraffic } from '../../infra/local/traffic.ts';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { entityKeyOf } from '../../shared/domain/entity.ts';
import { isDecided, type Transaction } from '../../shared/domain/transaction.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { ensureChampion } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { viewBefore } from '../../shared/sequence/entity-record.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { toRequest } from './load-generator.ts';

const POOL = 4_000;
const WINDOW = 64;
/** Transactions of one batch. */
export const BATCH = 250;

export interface ApiSet {
  readonly directory: string;
  readonly key: string;
  readonly transactions: readonly Transaction[];
  /** Events per scored context. */
  readonly eventCounts: readonly number[];
  readonly encoderModel: Uint8Array;
}

async function makeKey(directory: string): Promise<string> {
  const tables = openAccessTables(join(directory, 'api', 'access'));
  const { text } = createKeyStore(tables, systemClock).create({
    name: 'bench',
    scopes: ['score'],
    portfolios: ['*'],
    ratePerSecond: 1e9,
    concurrency: 1e9,
  });
  await tables.close();
  return text;
}

async function countEvents(stateDirectory: string, transactions: readonly Transaction[]): Promise<number[]> {
  const store = createLmdbStateStore({ directory: stateDirectory });
  const records = await store.readRecords(
    transactions.map(({ portfolioId, cardToken }) =>
      entityKeyOf({ kind: 'card', portfolioId, key: cardToken }),
    ),
  );
  const end = { timeMs: Number.MAX_SAFE_INTEGER, idLow: 0, idHigh: 0 };
  const counts = records.map((record) => Math.min(WINDOW, viewBefore(record, end).count + 1));
  await store.close();
  return counts;
}

/** Below `directory`: registry, state and api, as the service's settings name them. */
export async function prepareApiSet(directory: string, say: (sentence: string) => void): Promise<ApiSet> {
  const nowMs = systemClock.now();
  const registry = new FileRegistry(join(directory, 'registry'));
  await ensureChampion(registry, new Date(nowMs).toISOString());
  const champion = createChampion((await loadAlias(registry, 'champion')).version);
  const traffic = createTraffic(parseOptions(['--seed', '11']), nowMs);
  const stateDirectory = join(directory, 'state');
  await loadWarmUp({ traffic, champion, stateDirectory, say });
  const transactions: Transaction[] = [];
  for await (const lines of traffic.live()) {
    for (const line of lines) {
      if (line.kind === 'transaction' && isDecided(line.transaction)) transactions.push(line.transaction);
    }
    if (transactions.length >= POOL) break;
  }
  return {
    directory,
    key: await makeKey(directory),
    transactions,
    eventCounts: await countEvents(stateDirectory, transactions),
    encoderModel: champion.encoderParts.encoderModel,
  };
}

/** Requests that are never repeats: answers must be made, not replayed. */
export function createRequests({ key, transactions }: ApiSet) {
  let number = 0;
  const nextTransaction = () => {
    const transaction = transactions[number % transactions.length];
    number += 1;
    return { ...transaction, transactionId: `b-${number}` };
  };
  return {
    single: () => toRequest('/v1/score', key, JSON.stringify(nextTransaction())),
    batch: () => {
      const batch = { transactions: Array.from({ length: BATCH }, nextTransaction) };
      return toRequest('/v1/score/batch', key, JSON.stringify(batch));
    },
  };
}

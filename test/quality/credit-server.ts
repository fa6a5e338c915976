// test/quality/credit-server.ts: histories of credit clients in a state store, and the scoring API as a process on them, one credit version at a time.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { systemClock } from '../../shared/clock.ts';
import type { CreditAssessment } from '../../shared/credit/credit-scorer.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias, promote } from '../../shared/registry/registry.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { type HistoryLine, loadLines } from '../../shared/restore/load-lines.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createHistoryLoader } from '../../shared/scoring/load-history.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import { withReference } from '../../shared/training/assemble-version.ts';
import { startService } from '../support/service-process.ts';
import { CREDIT_PORTFOLIO, type CreditClient } from './credit-clients.ts';

const CHUNK = 2_000;
const OPEN_AT_ONCE = 16;

async function* inTime(clients: readonly CreditClient[]): AsyncGenerator<HistoryLine[]> {
  const lines = clients
    .flatMap(({ transactions }) => transactions)
    .map((transaction): HistoryLine => ({ kind: 'transaction', transaction }));
  const timeOf = (line: HistoryLine) => (line.kind === 'transaction' ? line.transaction.eventTime : '');
  lines.sort((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1));
  for (let from = 0; from < lines.length; from += CHUNK) yield lines.slice(from, from + CHUNK);
}

/** A registry whose champion knows the portfolio, as `fraudctl reference` makes it; and the histories, as `fraudctl state load` does. */
export async function loadHistories(
  directory: string,
  clients: readonly CreditClient[],
  reference: PopulationReference,
): Promise<number> {
  const registry = new FileRegistry(join(directory, 'registry'));
  const made = withReference(await loadShipped(), reference, new Date(systemClock.now()).toISOString());
  await registry.publish(made.manifest, made.files);
  await promote(registry, made.manifest.modelVersion, { movedAt: made.manifest.createdAt, by: 'quality' });
  const { version } = await loadAlias(registry, 'champion');
  const store = createLmdbStateStore({ directory: join(directory, 'state') });
  const loader = createHistoryLoader(store, createChampion(version));
  const { transactions } = await loadLines(inTime(clients), { store, loader });
  await store.close();
  return transactions;
}

export interface CreditRequest {
  readonly accountId: string;
  readonly asOf: string;
  readonly creditLimit?: { readonly amountMinor: number; readonly currency: string };
}

export interface CreditServer {
  /** Answers in order. */
  askAll(requests: readonly CreditRequest[]): Promise<CreditAssessment[]>;
  stop(): Promise<unknown>;
}

/** @param creditDirectory the credit version that answers */
export async function startCreditServer(directory: string, creditDirectory: string): Promise<CreditServer> {
  const tables = openAccessTables(join(directory, 'api', 'access'));
  const { text: key } = createKeyStore(tables, systemClock).create({
    name: 'quality',
    scopes: ['score'],
    portfolios: ['*'],
    ratePerSecond: 100_000,
  });
  await tables.close();
  const server = await startService('scoring-api', {
    FRAUD_API_PORT: '0',
    FRAUD_API_DIRECTORY: join(directory, 'api'),
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_REGISTRY_DIRECTORY: join(directory, 'registry'),
    FRAUD_CREDIT_DIRECTORY: creditDirectory,
    FRAUD_KAFKA_BROKERS: '',
    FRAUD_ENCODER_PROVIDER: 'cpu',
    FRAUD_ENCODER_WORKERS: '1',
  });
  const agent = new Agent({ keepAlive: true, maxSockets: OPEN_AT_ONCE });
  const options = {
    agent,
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-deadline-ms': '60000',
    },
  };
  const url = `http://127.0.0.1:${server.operationsPort}/v1/credit-score`;
  const ask = async (question: CreditRequest): Promise<CreditAssessment> => {
    const sent = request(url, options);
    sent.end(JSON.stringify({ ...question, portfolioId: CREDIT_PORTFOLIO, purpose: 'account-review' }));
    const [answer]: IncomingMessage[] = await once(sent, 'response');
    if (!answer) throw new Error('No answer came.');
    const body = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`The server answered ${answer.statusCode}: ${body}`);
    return JSON.parse(body);
  };
  return {
    askAll: async (requests) => {
      const answers: CreditAssessment[] = [];
      let next = 0;
      const work = async () => {
        while (next < requests.length) {
          const index = next++;
          const question = requests[index];
          if (question) answers[index] = await ask(question);
        }
      };
      await Promise.all(Array.from({ length: OPEN_AT_ONCE }, work));
      return answers;
    },
    stop: () => {
      agent.destroy();
      return server.stop();
    },
  };
}

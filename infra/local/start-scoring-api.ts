// infra/local/start-scoring-api.ts: the scoring API of a demonstration: on the state and registry of its scorer, with a key in a file.
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { scopes } from '../../shared/access/principal.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import { startServiceChild } from './service-child.ts';

const USUAL_PORT = 8080;

/** The usual port when nobody listens on it, else 0: any free one. */
async function choosePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(0));
    probe.listen(USUAL_PORT, '127.0.0.1', () => probe.close(() => resolve(USUAL_PORT)));
  });
}

/** A key that may do everything, for the person who started this. */
async function makeKey(apiDirectory: string): Promise<string> {
  const tables = openAccessTables(join(apiDirectory, 'access'));
  try {
    return createKeyStore(tables, systemClock).create({
      name: 'demonstration',
      scopes: [...scopes],
      portfolios: ['*'],
    }).text;
  } finally {
    await tables.close();
  }
}

/** Starts the API and says how to call it. */
export async function startScoringApi(parts: {
  readonly scope: Scope;
  readonly place: { readonly directory: string };
  /** Settings shared with the scorer: broker, topics, state, registry. */
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (sentence: string) => void;
}): Promise<void> {
  const { scope, place, environment, say } = parts;
  say('Starting the scoring API …');
  const apiDirectory = join(place.directory, 'api');
  const key = await makeKey(apiDirectory);
  const keyFile = join(place.directory, 'api-key');
  writeFileSync(keyFile, key);
  chmodSync(keyFile, 0o600);
  const settings = {
    ...environment,
    FRAUD_API_PORT: String(await choosePort()),
    FRAUD_API_DIRECTORY: apiDirectory,
    FRAUD_ERASURES_DIRECTORY: join(place.directory, 'erasures'),
    // The scorer has the cores; one worker answers single requests well.
    FRAUD_ENCODER_WORKERS: '1',
  };
  const api = await scope.start(
    'scoring API',
    () => startServiceChild('scoring-api', settings, join(place.directory, 'scoring-api.log')),
    (part) => part.stop(),
  );
  const address = `http://127.0.0.1:${api.operationsPort}`;
  say(`Scoring API ${address}, its pages ${address}/docs. Try:
  curl -s ${address}/v1/score -H "Authorization: Bearer $(cat ${keyFile})" -H 'Content-Type: application/json' \\
    -d '{"transactionId":"web-1","eventTime":"${new Date(systemClock.now()).toISOString()}","cardToken":"tok_4f6a","amountMinor":12900,"currency":"EUR"}'`);
}

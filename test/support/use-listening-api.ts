// test/support/use-listening-api.ts: the real API on a free port, with its own encoder, on the state of a test's scorer; stopped when the test has finished.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readApiSettings } from '../../services/scoring-api/config.ts';
import { type RunningApi, startApi } from '../../services/scoring-api/start-api.ts';
import { scopes } from '../../shared/access/principal.ts';
import { systemClock } from '../../shared/clock.ts';
import { createScope } from '../../shared/lifecycle/scope.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import type { TestTopics } from './broker.ts';
import { publishSmallChampion } from './use-scorer.ts';

export interface ListeningApi extends RunningApi {
  readonly key: string;
  /** JSON in, JSON out. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string; body: never }>;
}

/** @param settings more settings, by environment variable */
export async function useListeningApi(
  setUp: Pick<TestTopics, 'brokers' | 'prefix'>,
  settings: Readonly<Record<string, string>> = {},
): Promise<ListeningApi> {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-listening-api-'));
  const scope = createScope((name, error) => {
    throw new Error(`${name} would not stop`, { cause: error });
  });
  onTestFinished(async () => {
    await scope.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const running = await startApi({
    settings: readApiSettings({
      FRAUD_API_PORT: '0',
      FRAUD_API_DIRECTORY: join(directory, 'api'),
      FRAUD_STATE_DIRECTORY: join(directory, 'state'),
      FRAUD_ERASURES_DIRECTORY: join(directory, 'erasures'),
      FRAUD_REGISTRY_DIRECTORY: await publishSmallChampion(join(directory, 'registry')),
      FRAUD_KAFKA_BROKERS: setUp.brokers,
      FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
      FRAUD_ENCODER_PROVIDER: 'cpu',
      FRAUD_ENCODER_WORKERS: '1',
      ...settings,
    }),
    scope,
    clock: systemClock,
    log: createLogger('scoring-api', 'silent'),
  });
  const key = running.core.keys.create({ name: 'test', scopes: [...scopes], portfolios: ['*'] }).text;
  return {
    ...running,
    key,
    call: async (method, path, body) => {
      const answer = await fetch(`${running.address}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          'x-deadline-ms': '30000',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, text, body: JSON.parse(text) as never };
    },
  };
}

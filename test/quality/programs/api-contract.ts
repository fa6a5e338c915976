// test/quality/programs/api-contract.ts: `npm run quality -- api-contract [examples]`: the scoring API under schemathesis, from its own OpenAPI document; skipped with a notice where the tool is absent.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiMetrics } from '../../../services/scoring-api/api-metrics.ts';
import { buildApi } from '../../../services/scoring-api/build-api.ts';
import { readApiSettings } from '../../../services/scoring-api/config.ts';
import { scopes } from '../../../shared/access/principal.ts';
import { systemClock } from '../../../shared/clock.ts';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { createCreditScorer } from '../../../shared/credit/credit-scorer.ts';
import { loadCreditVersion } from '../../../shared/credit/credit-version.ts';
import { createScope, type Scope } from '../../../shared/lifecycle/scope.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { startModel } from '../../../shared/scoring/start-model.ts';
import { createLmdbStateStore } from '../../../shared/sequence/lmdb-state-store.ts';

const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

/** The API with everything but a broker: what is to be produced is taken and dropped. */
async function startTarget(scope: Scope, directory: string) {
  const settings = readApiSettings({
    FRAUD_API_DIRECTORY: join(directory, 'api'),
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_REGISTRY_DIRECTORY: join(directory, 'registry'),
    FRAUD_KAFKA_BROKERS: 'none:0',
    FRAUD_ENCODER_WORKERS: '1',
  });
  const log = createLogger('scoring-api', 'error');
  const metrics = createApiMetrics();
  const now = new Date(systemClock.now()).toISOString();
  await ensureChampion(new FileRegistry(settings.registryDirectory), now);
  const core = await buildApi({
    settings,
    clock: systemClock,
    scope,
    log,
    metrics,
    store: await scope.start(
      'state store',
      () => createLmdbStateStore({ directory: settings.stateDirectory }),
      (part) => part.close(),
    ),
    model: await startModel({ settings, log, metrics, scope }),
    credit: await scope.start(
      'credit scorer',
      () => createCreditScorer(loadCreditVersion()),
      (part) => part.close(),
    ),
    facts: () => ({}),
    openProducer: async () => ({ send: async () => {}, close: async () => {} }),
  });
  const address = await scope.start(
    'server',
    () => core.server.listen({ host: '127.0.0.1', port: 0 }),
    () => core.server.close(),
  );
  const grant = {
    name: 'contract',
    scopes: [...scopes],
    portfolios: ['*'],
    ratePerSecond: 1e6,
    concurrency: 1e6,
  };
  return { address, key: core.keys.create(grant).text };
}

/** Exit code 1 when a check fails. FRAUD_SCHEMATHESIS names the command where it is not on the path. */
export async function run([examples = '40']: readonly string[]): Promise<void> {
  const command = process.env.FRAUD_SCHEMATHESIS ?? 'schemathesis';
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0) {
    say('NOTICE: schemathesis is not installed (`pip install schemathesis`): the contract was not fuzzed.');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'fraud-contract-'));
  const scope = createScope((name) => say(`${name} would not stop`));
  try {
    const { address, key } = await startTarget(scope, directory);
    const child = spawn(
      command,
      [
        ...['--config-file', join(packageRoot, 'test/quality/python/schemathesis.toml')],
        ...['run', `${address}/openapi.json`, '--header', `Authorization: Bearer ${key}`],
        ...['--checks', 'all', '--max-examples', examples, '--workers', '1', '--max-response-time', '10'],
        ...['--seed', '7', '--continue-on-failure'],
      ],
      { stdio: 'inherit', cwd: directory },
    );
    const [code] = await once(child, 'exit');
    if (code !== 0) process.exitCode = 1;
  } finally {
    await scope.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

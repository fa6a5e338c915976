// services/scoring-api/main.ts: composition root: settings in, adapters built, started in order, stopped in reverse.
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { createScope } from '../../shared/lifecycle/scope.ts';
import { createLogger, type Logger } from '../../shared/observability/logger.ts';
import { readApiSettings, redactedSettings } from './config.ts';
import { startApi } from './start-api.ts';

const EXIT_AFTER_MS = 2_000;

/** Exit codes: 0 stopped on request, 1 failed, 2 wrong settings. */
function toExitCode(error: unknown): number {
  return error instanceof AppError && error.code === 'FRAUD_CONFIG_INVALID' ? 2 : 1;
}

function reportFatal(log: Logger, error: unknown): void {
  const facts =
    error instanceof AppError ? { code: error.code, whatToDo: error.whatToDo, facts: error.facts } : {};
  log.fatal({ err: error, ...facts }, 'scoring-api ends');
}

async function main(): Promise<void> {
  const bootLog = createLogger('scoring-api', 'info');
  try {
    const settings = readApiSettings(process.env);
    const log = createLogger('scoring-api', settings.logLevel);
    log.info({ settings: redactedSettings(settings) }, 'settings');
    const scope = createScope((name, error) => log.error({ err: error, part: name }, 'would not stop'));
    const asked = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      process.once('disconnect', () => resolve());
    });
    try {
      const { address } = await startApi({ settings, log, scope, clock: systemClock });
      log.info({ address, operationsPort: Number(new URL(address).port) }, 'ready');
      await asked;
      log.info('stopping');
    } finally {
      await scope.stop();
    }
    log.info('stopped');
  } catch (error) {
    reportFatal(bootLog, error);
    process.exitCode = toExitCode(error);
  } finally {
    // An open channel to the parent would keep the process alive.
    if (process.connected) process.disconnect();
    // Everything is drained; connections to a broker that is gone must not keep the process either.
    setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
  }
}

await main();

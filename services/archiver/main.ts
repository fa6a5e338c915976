// services/archiver/main.ts: composition root: settings in, parts started in order, stopped in reverse.
import { AppError } from '../../shared/errors.ts';
import { createScope } from '../../shared/lifecycle/scope.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { readArchiverSettings } from './config.ts';
import { startArchiver } from './start-archiver.ts';

const EXIT_AFTER_MS = 2_000;

/** Exit codes: 0 stopped on request, 1 failed, 2 wrong settings. */
async function main(): Promise<void> {
  const bootLog = createLogger('archiver', 'info');
  try {
    const settings = readArchiverSettings(process.env);
    const log = createLogger('archiver', settings.logLevel);
    log.info({ settings }, 'settings');
    const scope = createScope((name, error) => log.error({ err: error, part: name }, 'would not stop'));
    const asked = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      process.once('disconnect', () => resolve());
    });
    const archiver = await startArchiver({ settings, log, scope });
    try {
      await Promise.race([asked, archiver.failed]);
      log.info('stopping');
    } finally {
      await scope.stop();
    }
    log.info('stopped');
  } catch (error) {
    const facts = error instanceof AppError ? { code: error.code, whatToDo: error.whatToDo } : {};
    bootLog.fatal({ err: error, ...facts }, 'archiver ends');
    process.exitCode = error instanceof AppError && error.code === 'FRAUD_CONFIG_INVALID' ? 2 : 1;
  } finally {
    if (process.connected) process.disconnect();
    setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
  }
}

await main();

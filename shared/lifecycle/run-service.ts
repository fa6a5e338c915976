// shared/lifecycle/run-service.ts: the frame of every long-running process: settings, log, start, wait until asked, stop in reverse, exit code.
import { AppError } from '../errors.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { createScope, type Scope } from './scope.ts';

/** Connections to a broker that is gone must not keep a drained process longer than this. */
const EXIT_AFTER_MS = 2_000;

export interface RunningService {
  /** Rejects when the service can't go on; left out when nothing tells. */
  readonly failed?: Promise<never>;
  /** What it did, for its last line. */
  counts?(): Readonly<Record<string, unknown>>;
}

export interface ServiceFrame<Settings> {
  readonly name: string;
  /** @throws AppError FRAUD_CONFIG_INVALID */
  readonly readSettings: (environment: NodeJS.ProcessEnv) => Settings;
  /** Settings as they are logged. */
  readonly redact: (settings: Settings) => Readonly<Record<string, unknown>>;
  /** Starts every part inside the scope and says that it is ready. */
  readonly start: (parts: {
    readonly settings: Settings;
    readonly log: Logger;
    readonly scope: Scope;
  }) => Promise<RunningService>;
}

/** Resolves on SIGINT, SIGTERM, or when the parent that started us goes away: we stop with it, gracefully. */
function untilAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    process.once('disconnect', () => resolve());
  });
}

/** Exit codes: 0 stopped on request, 1 failed, 2 wrong settings. */
export async function runService<Settings extends { readonly logLevel: string }>(
  frame: ServiceFrame<Settings>,
): Promise<void> {
  const bootLog = createLogger(frame.name, 'info');
  try {
    const settings = frame.readSettings(process.env);
    const log = createLogger(frame.name, settings.logLevel);
    log.info({ settings: frame.redact(settings) }, 'settings');
    const scope = createScope((name, error) => log.error({ err: error, part: name }, 'would not stop'));
    const asked = untilAsked();
    let running: RunningService = {};
    try {
      running = await frame.start({ settings, log, scope });
      await Promise.race([asked, ...(running.failed ? [running.failed] : [])]);
      log.info('stopping');
    } finally {
      await scope.stop();
    }
    log.info(running.counts?.() ?? {}, 'stopped');
  } catch (error) {
    const isKnown = error instanceof AppError;
    const facts = isKnown ? { code: error.code, whatToDo: error.whatToDo, facts: error.facts } : {};
    bootLog.fatal({ err: error, ...facts }, `${frame.name} ends`);
    process.exitCode = isKnown && error.code === 'FRAUD_CONFIG_INVALID' ? 2 : 1;
  } finally {
    // An open channel to the parent would keep the process alive.
    if (process.connected) process.disconnect();
    setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
  }
}

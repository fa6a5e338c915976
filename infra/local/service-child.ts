// infra/local/service-child.ts: a service as a child process: started, awaited until ready, stopped; its log in a file.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../shared/config/package-root.ts';
import { AppError } from '../../shared/errors.ts';

export interface ServiceChild {
  readonly pid: number;
  /** Port of /livez, /readyz and /metrics. */
  readonly operationsPort: number;
  /** Rejects when the service ends without being asked to. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

interface ReadyLine {
  readonly msg?: unknown;
  readonly operationsPort?: unknown;
}

function parseLine(line: string): ReadyLine {
  try {
    return JSON.parse(line) as ReadyLine;
  } catch {
    return {};
  }
}

function waitUntilReady(child: ChildProcess, logFile: string): Promise<number> {
  const log = createWriteStream(logFile);
  child.stderr?.pipe(log, { end: false });
  return new Promise((resolve, reject) => {
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        log.write(`${line}\n`);
        const { msg, operationsPort } = parseLine(line);
        if (msg === 'ready' && typeof operationsPort === 'number') resolve(operationsPort);
      });
    }
    child.once('exit', (code) => {
      log.end();
      const detail = `The service ended with ${code}; its log is ${logFile}.`;
      reject(new AppError('FRAUD_SCORER_ENDED', { detail }));
    });
  });
}

/** @param environment settings of the service's config.ts */
export async function startServiceChild(
  service: 'stream-scorer' | 'scoring-api' | 'archiver' | 'retrainer',
  environment: Readonly<Record<string, string>>,
  logFile: string,
): Promise<ServiceChild> {
  // The retrainer's main.js is one retraining.
  const entry = service === 'retrainer' ? 'service' : 'main';
  const main = join(packageRoot, `dist/services/${service}/${entry}.js`);
  const child = spawn(process.execPath, ['--enable-source-maps', main], {
    // Freed memory of threads that come and go with model versions returns to few arenas (glibc): 2 MB per swap instead of 5.
    env: { MALLOC_ARENA_MAX: '2', ...process.env, ...environment },
    // A terminal's Ctrl-C reaches the whole group: a service must not stop before what feeds it.
    detached: true,
    // The channel closes with us, however we end, kill -9 included: the service then stops by itself.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  const stopWithParent = () => child.kill('SIGTERM');
  process.once('exit', stopWithParent);
  const operationsPort = await waitUntilReady(child, logFile);
  let isStopping = false;
  const failed = exited.then(([code]) => {
    if (isStopping) return new Promise<never>(() => {});
    throw new AppError('FRAUD_SCORER_ENDED', { detail: `Exit code ${code}; its log is ${logFile}.` });
  });
  failed.catch(() => {});
  return {
    pid: child.pid ?? 0,
    operationsPort,
    failed,
    stop: async () => {
      isStopping = true;
      process.off('exit', stopWithParent);
      child.kill('SIGTERM');
      await exited;
    },
  };
}

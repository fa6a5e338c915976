// test/support/service-process.ts: a real service as a child process of a test: start, wait until ready, stop or kill.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../shared/config/package-root.ts';

export interface ServiceProcess {
  readonly child: ChildProcess;
  /** Port of /livez, /readyz and /metrics. */
  readonly operationsPort: number;
  /** Every log line so far. */
  readonly logLines: readonly string[];
  /** Asks it to stop and waits; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Ends it at once, as a power cut would (SIGKILL), and waits. */
  kill(): Promise<void>;
}

/** @param environment settings of the service's config.ts */
export async function startService(
  service: 'stream-scorer' | 'scoring-api' | 'archiver' | 'retrainer',
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  // From source: a test must not run what somebody built yesterday.
  // The retrainer's main is one job and out; its service is beside it.
  const file = service === 'retrainer' ? 'service' : 'main';
  const main = join(packageRoot, `services/${service}/${file}.ts`);
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    cwd: packageRoot,
    env: { ...process.env, FRAUD_LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logLines: string[] = [];
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ready = new Promise<number>((resolve, reject) => {
    const read = (line: string) => {
      logLines.push(line);
      const fields = parseLine(line);
      if (fields.msg === 'ready' && typeof fields.operationsPort === 'number') resolve(fields.operationsPort);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
    exited.then((code) =>
      reject(new Error(`The service ended with ${code} before it was ready:\n${logLines.join('\n')}`)),
    );
  });
  const operationsPort = await ready;
  return {
    child,
    operationsPort,
    logLines,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function parseLine(line: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

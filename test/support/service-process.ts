// test/support/service-process.ts: a service as a child process of a test, from source: start, wait until ready, stop or kill.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../shared/config/package-root.ts';

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly operationsPort: number;
  readonly logLines: readonly string[];
  /** Asks it to stop and waits; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits. */
  kill(): Promise<void>;
}

/** @param service folder below services/ */
export async function startService(
  service: string,
  environment: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const main = join(packageRoot, 'services', service, 'main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    cwd: packageRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logLines: string[] = [];
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const operationsPort = await new Promise<number>((resolve, reject) => {
    const read = (line: string): void => {
      logLines.push(line);
      const port = /"operationsPort":(\d+).*"msg":"ready"/.exec(line)?.[1];
      if (port) resolve(Number(port));
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
    exited.then((code) =>
      reject(new Error(`${service} ended with ${code}:\n${logLines.slice(-20).join('\n')}`)),
    );
  });
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

// test/bench/api-servers.ts: the two processes that the API bench loads: the service, and its server with nothing behind it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startServiceChild } from '../../infra/local/service-child.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import type { ApiSet } from './api-set.ts';
import type { Target } from './load-generator.ts';

export interface BenchServer {
  readonly target: Target;
  readonly pid: number;
  stop(): Promise<void>;
}

/** About as long as a decision. */
const ANSWER = JSON.stringify({ score: 0.1, note: 'x'.repeat(760) });

export async function startEmptyServer({ directory }: ApiSet): Promise<BenchServer> {
  const main = join(packageRoot, 'dist/test/bench/empty-api.js');
  const child = spawn(process.execPath, [main, join(directory, 'api'), ANSWER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { hostname: host, port } = new URL(String(line));
  return {
    target: { host, port: Number(port) },
    pid: child.pid ?? 0,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Settings of the caller's environment (`FRAUD_ENCODER_WORKERS`, …) hold here, too. */
export async function startApiServer({ directory }: ApiSet): Promise<BenchServer> {
  const child = await startServiceChild(
    'scoring-api',
    {
      FRAUD_API_PORT: '0',
      FRAUD_API_DIRECTORY: join(directory, 'api'),
      FRAUD_STATE_DIRECTORY: join(directory, 'state'),
      FRAUD_REGISTRY_DIRECTORY: join(directory, 'registry'),
    },
    join(directory, 'api.log'),
  );
  return { target: { host: '127.0.0.1', port: child.operationsPort }, pid: child.pid, stop: child.stop };
}

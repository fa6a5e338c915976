// test/support/broker-setup.ts: vitest's global set-up of the suites that need Kafka: one broker for the whole run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startLocalBroker } from '../../infra/local/broker.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port,…` of the broker started for this run. */
    kafkaBrokers: string;
  }
}

/** Projects that share the broker; whoever comes first starts it, the last one to finish stops it. */
let users = 0;
let started: ReturnType<typeof start> | undefined;

async function start() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-test-broker-'));
  const broker = await startLocalBroker({ directory });
  return {
    broker,
    stop: async () => {
      await broker.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  users++;
  started ??= start();
  const { broker, stop } = await started;
  project.provide('kafkaBrokers', broker.brokers.join(','));
  return async () => {
    users--;
    if (users === 0) await stop();
  };
}

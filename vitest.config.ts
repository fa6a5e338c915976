// vitest.config.ts: suites as projects; fast ones by default, real-broker and quality ones by name.
import { defineConfig } from 'vitest/config';

/** `expect.poll` waits for nearly as long as the test may take: its default of one second is a guess about the machine. */
const project = (name: string, include: string[], testTimeout: number, fileParallelism = true) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: 180_000,
    fileParallelism,
    pool: 'forks' as const,
    expect: { poll: { timeout: 0.8 * testTimeout, interval: 20 } },
  },
});

/** One file at a time, on a real broker that test/support/broker-setup.ts starts. */
const brokerProject = (name: string, include: string[], testTimeout: number) => {
  const made = project(name, include, testTimeout, false);
  return { test: { ...made.test, globalSetup: ['test/support/broker-setup.ts'] } };
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project(
        'unit',
        [
          'test/shared/**/*.test.ts',
          'test/services/**/*.test.ts',
          'test/schemas/**/*.test.ts',
          'test/infra/**/*.test.ts',
        ],
        20_000,
      ),
      project('contract', ['test/contract/**/*.test.ts'], 30_000),
      project('architecture', ['test/architecture/**/*.test.ts'], 20_000),
      project('parity', ['test/parity/**/*.test.ts'], 120_000),
      project('tutorial', ['test/tutorial/**/*.test.ts'], 60_000, false),
      brokerProject('integration', ['test/integration/**/*.test.ts'], 180_000),
      brokerProject('integrity', ['test/integrity/**/*.test.ts'], 900_000),
    ],
  },
});

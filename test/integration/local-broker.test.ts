// test/integration/local-broker.test.ts: a broker on the local JVM takes records, keeps them over a restart, and dies with its parent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { startJvmBroker } from '../../infra/local/jvm-broker.ts';
import { topics } from '../../schemas/topics.ts';
import { packageRoot } from '../../shared/config/package-root.ts';
import { createTopics } from '../../shared/kafka/admin.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import { countRecords, readTopicEnds } from '../../shared/kafka/scan-topic.ts';

function useDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-jvm-broker-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('records and topics of a stopped broker are there when it starts again in the same folder', async () => {
  const directory = useDirectory();
  const connect = (brokers: readonly string[]) => ({ brokers, clientId: 'test' });
  const first = await startJvmBroker({ directory });
  await createTopics(connect(first.brokers), [topics.transactions]);
  const producer = await createProducer({ connection: connect(first.brokers) });
  await producer.send([{ topic: topics.transactions.name, key: 'c', value: Buffer.from('1') }]);
  await producer.close();
  await first.stop();
  expect(isRunning(first.pid ?? 0)).toBe(false);

  const second = await startJvmBroker({ directory });
  const ends = await readTopicEnds(connect(second.brokers), topics.transactions.name).finally(second.stop);
  expect([ends.length, countRecords(ends)]).toEqual([topics.transactions.partitions, 1]);
});

test('the broker ends when the process that started it is killed', async () => {
  const directory = useDirectory();
  const broker = new URL('../../infra/local/jvm-broker.ts', import.meta.url).href;
  const program = `import(${JSON.stringify(broker)})
    .then(({ startJvmBroker }) => startJvmBroker({ directory: ${JSON.stringify(directory)} }))
    .then(({ pid }) => { console.log(pid); setInterval(() => {}, 1000); });`;
  const parent = spawn(process.execPath, ['--import', 'tsx', '-e', program], {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(parent, 'exit').then(([code]) => [`the parent ended with ${code}`]);
  const [line] = await Promise.race([once(createInterface({ input: parent.stdout }), 'line'), ended]);
  const pid = Number(line);
  expect(pid, line).toBeGreaterThan(0);
  expect(isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(pid)).toBe(false);
});

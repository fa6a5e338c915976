// infra/local/jvm-broker.ts: one Kafka node (KRaft) on a local JVM; it ends when stopped and when its parent ends, however that happens.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../shared/errors.ts';
import { waitUntilReady } from '../../shared/kafka/readiness.ts';
import { ensureKafkaJars } from './kafka-jars.ts';

const run = promisify(execFile);

export interface LocalBroker {
  readonly brokers: readonly string[];
  /** Which of the three ways it came by. */
  readonly route: 'given' | 'container' | 'jvm';
  /** Process id of the JVM; undefined for the other routes. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export interface JvmBrokerOptions {
  /** Log segments, configuration and the broker's own log go here; found again at the next start. */
  readonly directory: string;
  /** Default: any free one. */
  readonly port?: number;
}

const READY_TIMEOUT_MS = 90_000;
const PORT_TRIES = 3;

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new AppError('FRAUD_BROKER_UNAVAILABLE');
  return address.port;
}

/** Every replication factor is 1: one node. Automatic topics are off: topics come from schemas/topics.ts. */
function toProperties(directory: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${join(directory, 'logs')}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
log.retention.check.interval.ms=60000
`;
}

// Java runs in a session of its own, so that Ctrl-C in the terminal reaches only the one who started it. The shell
// holds the read end of our pipe: when we end, even by kill -9, the pipe closes and the shell ends Java.
const KEEPER = `exec 3<&0
"$@" </dev/null 3<&- &
java=$!
echo "$java" > "$PID_FILE"
{ cat <&3 >/dev/null; kill "$java" 2>/dev/null; } &
keeper=$!
exec 3<&-
wait "$java"; code=$?
kill "$keeper" 2>/dev/null
exit "$code"`;

/** 16 random bytes as Kafka writes them, in base64url. Never with `-` in front: the storage tool takes that for an option. */
export function createClusterId(random: (length: number) => Buffer = randomBytes): string {
  const bytes = random(16);
  // The first character stands for the upper six bits; below 32 it is a letter.
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}

async function formatStorage(jars: string, directory: string, properties: string): Promise<void> {
  if (existsSync(join(directory, 'logs', 'meta.properties'))) return;
  await run('java', [
    ...['-cp', join(jars, '*'), 'kafka.tools.StorageTool', 'format'],
    ...['-t', createClusterId(), '-c', properties, '--ignore-formatted'],
  ]);
}

function spawnJava(jars: string, directory: string, properties: string): ChildProcess {
  const log = openSync(join(directory, 'broker.log'), 'a');
  const java = [
    'java',
    '-Xms256m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ];
  const command = [...java, '-cp', join(jars, '*'), 'kafka.Kafka', properties];
  const child = spawn('sh', ['-c', KEEPER, 'keeper', ...command], {
    stdio: ['pipe', log, log],
    detached: true,
    env: { ...process.env, PID_FILE: join(directory, 'broker.pid') },
  });
  closeSync(log);
  child.unref();
  return child;
}

/**
 * Starts a broker on 127.0.0.1 and waits until it takes a record.
 * @throws AppError FRAUD_PREREQUISITE_MISSING without Java or Maven, FRAUD_BROKER_UNAVAILABLE when it does not come up
 */
export async function startJvmBroker(options: JvmBrokerOptions): Promise<LocalBroker> {
  const directory = resolve(options.directory);
  const jars = await ensureKafkaJars();
  mkdirSync(directory, { recursive: true });
  // A port that was free a moment ago may be taken when the JVM comes to it: then other ones are tried.
  for (let triesLeft = options.port === undefined ? PORT_TRIES : 1; ; triesLeft--) {
    const port = options.port ?? (await findFreePort());
    const broker = await startOn(port, { jars, directory }).catch((error: unknown) => {
      if (triesLeft > 1 && isPortTaken(directory)) return undefined;
      throw error;
    });
    if (broker) return broker;
  }
}

/** Whether the broker's log ends with what Kafka says about a port that is in use. */
function isPortTaken(directory: string): boolean {
  const log = join(directory, 'broker.log');
  return existsSync(log) && readFileSync(log, 'utf8').slice(-20_000).includes('Address already in use');
}

async function startOn(
  port: number,
  { jars, directory }: { readonly jars: string; readonly directory: string },
): Promise<LocalBroker> {
  const properties = join(directory, 'server.properties');
  writeFileSync(properties, toProperties(directory, port, await findFreePort()));
  await formatStorage(jars, directory, properties);

  const child = spawnJava(jars, directory, properties);
  const exited = once(child, 'exit');
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const stop = async (): Promise<void> => {
    child.ref();
    child.stdin?.destroy();
    if (isAlive()) await exited;
  };
  const brokers = [`127.0.0.1:${port}`];
  try {
    await waitUntilReady({ brokers, clientId: 'local-broker' }, READY_TIMEOUT_MS, isAlive);
  } catch (cause) {
    await stop();
    throw new AppError('FRAUD_BROKER_UNAVAILABLE', {
      detail: `See ${join(directory, 'broker.log')}.`,
      cause,
    });
  }
  const pid = Number(readFileSync(join(directory, 'broker.pid'), 'utf8'));
  return { brokers, route: 'jvm', pid, stop };
}

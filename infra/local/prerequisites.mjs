// infra/local/prerequisites.mjs: what must be there before anything runs; plain JavaScript without dependencies. All that is missing is told at once.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const oldestNode = [20, 19];
const oldestJava = 17;

/** First line that a command prints, or undefined when it cannot be run. */
function answerOf(command, args) {
  try {
    // java -version answers on standard error.
    return execFileSync('sh', ['-c', `${command} ${args} 2>&1`], { encoding: 'utf8', timeout: 15_000 }).split(
      '\n',
    )[0];
  } catch {
    return undefined;
  }
}

function isNodeRecent() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

function hasJava() {
  const version = /version "(\d+)/.exec(answerOf('java', '-version') ?? '')?.[1];
  return Number(version) >= oldestJava;
}

const hasContainerEngine = () => existsSync('/var/run/docker.sock') || Boolean(process.env.DOCKER_HOST);

/** @param brokers host:port of a running broker, when one was named; returns one sentence with a command per thing that is missing. */
export function findMissing(brokers) {
  const missing = [];
  if (!isNodeRecent()) {
    missing.push(
      `Node ≥ ${oldestNode.join('.')} (this is ${process.versions.node}): npx --yes n lts, or your package manager`,
    );
  }
  if (brokers || process.env.FRAUD_KAFKA_BROKERS || hasContainerEngine()) return missing;
  const route = 'or a container engine, or FRAUD_KAFKA_BROKERS=host:port of a running broker';
  if (!hasJava())
    missing.push(
      `A JDK ≥ ${oldestJava} to run Kafka on: apt-get install -y openjdk-17-jdk-headless (${route})`,
    );
  if (!answerOf('mvn', '-v'))
    missing.push(`Maven, which brings Kafka's jars: apt-get install -y maven (${route})`);
  return missing;
}

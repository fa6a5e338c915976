// infra/local/prerequisites.mjs: what must be on the machine before anything of ours runs; all that is missing is told at once.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const LEAST_NODE = [20, 19];
const LEAST_JAVA = 17;

function run(command, ...options) {
  const result = spawnSync(command, options, { encoding: 'utf8', timeout: 10_000 });
  return result.error ? undefined : { isOk: result.status === 0, text: `${result.stdout}${result.stderr}` };
}

function findNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isOk = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return { version: process.versions.node, isOk };
}

function findJava() {
  const answer = run('java', '-version');
  const version = answer?.isOk ? /version "([^"]+)"/.exec(answer.text)?.[1] : undefined;
  return {
    version: version ?? null,
    isOk: version !== undefined && Number.parseInt(version, 10) >= LEAST_JAVA,
  };
}

function findMaven() {
  const answer = run('mvn', '-v');
  const version = answer?.isOk ? /Apache Maven ([\d.]+)/.exec(answer.text)?.[1] : undefined;
  const hasJars = existsSync(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'fraudstream', 'kafka-4.3.1'),
  );
  return { version: version ?? null, hasJars, isOk: version !== undefined || hasJars };
}

function findContainerEngine() {
  for (const engine of ['docker', 'podman']) {
    const answer = run(engine, 'info', '--format', '{{.ServerVersion}}');
    if (answer?.isOk && !/cannot connect/i.test(answer.text)) return { engine, isOk: true };
  }
  return { engine: null, isOk: false };
}

function installCommand(packages) {
  if (process.platform === 'darwin') return `brew install ${packages.brew}`;
  return `sudo apt-get install -y ${packages.apt}`;
}

const brokerCommands = {
  java: installCommand({ brew: 'openjdk@17', apt: 'openjdk-17-jdk-headless' }),
  maven: installCommand({ brew: 'maven', apt: 'maven' }),
};

/**
 * Facts, the way a broker will come by, and what is missing with the command that brings it.
 * @param {string | undefined} brokers a running broker, if there is one
 */
export function findPrerequisites(brokers = process.env.FRAUD_KAFKA_BROKERS) {
  const node = findNode();
  const missing = [];
  if (!node.isOk) {
    missing.push({
      what: `Node ${LEAST_NODE.join('.')} or later (this is ${node.version})`,
      command: 'nvm install 22   # or https://nodejs.org',
    });
  }
  if (brokers) return { node, brokers, route: 'given', missing };
  const container = findContainerEngine();
  if (container.isOk) return { node, container, route: 'container', missing };
  const java = findJava();
  const maven = findMaven();
  const instead = 'or start a container engine, or set FRAUD_KAFKA_BROKERS to a running broker';
  if (!java.isOk)
    missing.push({
      what: `a JDK of at least ${LEAST_JAVA} for a local Kafka (${instead})`,
      command: brokerCommands.java,
    });
  if (!maven.isOk) missing.push({ what: 'Maven, which fetches Kafka’s jars', command: brokerCommands.maven });
  return { node, container, java, maven, route: java.isOk && maven.isOk ? 'jvm' : null, missing };
}

/** Prints everything that is missing; false when there is something. */
export function tellMissing({ missing }) {
  if (missing.length === 0) return true;
  process.stderr.write('Missing on this machine:\n');
  for (const { what, command } of missing) process.stderr.write(`  - ${what}\n      ${command}\n`);
  return false;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(findPrerequisites())}\n`);
}

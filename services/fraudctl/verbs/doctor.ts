// services/fraudctl/verbs/doctor.ts: `fraudctl doctor`: what was found on this machine, which of it will be used, and what is missing.
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { createOnnxBinding } from '../../../shared/encoder/onnx-binding.ts';
import { loadPretrained } from '../../../shared/encoder/pretrained.ts';
import { chooseProvider } from '../../../shared/encoder/provider-chain.ts';
import { isReachable } from '../../../shared/kafka/readiness.ts';
import { chooseBackend } from '../../../shared/training/backend.ts';

const run = promisify(execFile);

const found = z.object({ isOk: z.boolean(), version: z.string().nullable().optional() });
/** What infra/local/prerequisites.mjs prints; `npm start` uses the same file before anything is built. */
const prerequisites = z.object({
  node: found,
  brokers: z.string().optional(),
  container: z.object({ isOk: z.boolean(), engine: z.string().nullable() }).optional(),
  java: found.optional(),
  maven: found.extend({ hasJars: z.boolean() }).optional(),
  route: z.enum(['given', 'container', 'jvm']).nullable(),
  missing: z.array(z.object({ what: z.string(), command: z.string() })),
});
type Prerequisites = z.infer<typeof prerequisites>;

const LOCAL_BROKER_PORT = 9092;
const GIBIBYTE = 2 ** 30;

/** Adds the verb. */
export function register(program: Command): void {
  program
    .command('doctor')
    .description(
      'what this machine has: Node, broker route, encoder provider, training backend, GPU, disk, ports',
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExit code 1 when something needed is missing.')
    .action(examine);
}

async function findPrerequisites(): Promise<Prerequisites> {
  const { stdout } = await run(process.execPath, [join(packageRoot, 'infra/local/prerequisites.mjs')]);
  return prerequisites.parse(JSON.parse(stdout));
}

const textOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

/** The provider that a scorer with FRAUD_ENCODER_PROVIDER as it is set would use; proved by loading the shipped graph. */
async function findEncoderProvider() {
  const choice = z
    .enum(['auto', 'cuda', 'webgpu', 'cpu'])
    .catch('auto')
    .parse(process.env.FRAUD_ENCODER_PROVIDER);
  try {
    const { model } = loadPretrained('tiny');
    const { session, report } = await chooseProvider({ binding: createOnnxBinding(), model, choice });
    await session.release();
    return { asked: choice, willUse: report.provider, refused: report.refused };
  } catch (error) {
    return { asked: choice, willUse: null, refused: [{ provider: choice, reason: textOf(error) }] };
  }
}

async function findTrainingBackend() {
  try {
    const { name, passedOver } = await chooseBackend();
    return { willUse: name, passedOver };
  } catch (error) {
    return { willUse: null, passedOver: [{ name: 'any', reason: textOf(error) }] };
  }
}

async function findGpu(): Promise<string[]> {
  try {
    const { stdout } = await run('nvidia-smi', [
      '--query-gpu=name,memory.total,driver_version',
      '--format=csv,noheader',
    ]);
    return stdout.trim().split('\n');
  } catch {
    return [];
  }
}

/** True when nobody listens on the port of this machine. */
function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function findBroker({ brokers, route, container, java, maven }: Prerequisites) {
  const given = brokers?.split(',');
  return {
    route,
    reachable: given ? await isReachable({ brokers: given, clientId: 'doctor' }) : null,
    containerEngine: container?.engine ?? null,
    java: java?.version ?? null,
    maven: maven?.version ?? null,
    jarsFetched: maven?.hasJars ?? null,
  };
}

async function describe() {
  const needed = await findPrerequisites();
  const { bavail, bsize } = await statfs(process.cwd());
  return {
    node: process.versions.node,
    cores: availableParallelism(),
    memoryGiB: Number((totalmem() / GIBIBYTE).toFixed(1)),
    diskFreeGiB: Number(((bavail * bsize) / GIBIBYTE).toFixed(1)),
    broker: await findBroker(needed),
    ports: { [LOCAL_BROKER_PORT]: (await isPortFree(LOCAL_BROKER_PORT)) ? 'free' : 'in use' },
    encoder: await findEncoderProvider(),
    training: await findTrainingBackend(),
    gpus: await findGpu(),
    missing: needed.missing,
  };
}

async function examine({ json }: { json?: boolean }): Promise<void> {
  const report = await describe();
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : toText(report));
  if (report.missing.length > 0 || report.broker.reachable === false) process.exitCode = 1;
}

const routes = {
  given: 'FRAUD_KAFKA_BROKERS',
  container: 'a container engine (testcontainers)',
  jvm: 'Kafka’s jars on a local JVM',
} as const;

function toText(report: Awaited<ReturnType<typeof describe>>): string {
  const { broker, encoder, training, ports } = report;
  const reachable = broker.reachable === null ? '' : broker.reachable ? ' (reachable)' : ' (NOT REACHABLE)';
  const lines = [
    `Node              ${report.node}, ${report.cores} cores, ${report.memoryGiB} GiB memory, ${report.diskFreeGiB} GiB disk free`,
    `broker            ${broker.route ? routes[broker.route] : 'none'}${reachable}`,
    `container engine  ${broker.containerEngine ?? 'none answers'}`,
    `Java, Maven       ${broker.java ?? 'none'}, ${broker.maven ?? 'none'}${broker.jarsFetched ? ' (Kafka’s jars are fetched)' : ''}`,
    `ports             ${Object.entries(ports)
      .map(([port, state]) => `${port} ${state}`)
      .join(', ')}; local parts take any free one`,
    `encoder runs on   ${encoder.willUse ?? 'nothing'} (asked: ${encoder.asked})`,
    ...encoder.refused.map(({ provider, reason }) => `                  not ${provider}: ${reason}`),
    `training runs on  ${training.willUse ?? 'nothing'}`,
    ...training.passedOver.map(({ name, reason }) => `                  not ${name}: ${reason}`),
    `GPU               ${report.gpus.join('; ') || 'none found by nvidia-smi'}`,
    ...report.missing.map(({ what, command }) => `MISSING           ${what}\n                  ${command}`),
  ];
  return `${lines.join('\n')}\n`;
}

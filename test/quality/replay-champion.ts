// test/quality/replay-champion.ts: a champion made for the Handbook serves a week behind Kafka: its scores beside the offline ones, its pace beside the shipped champion's.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import { decisionSchema } from '../../shared/domain/decision.ts';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import { auditTopics } from '../../shared/kafka/audit.ts';
import { readTopicEnds, scanTopic } from '../../shared/kafka/scan-topic.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { promote } from '../../shared/registry/registry.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { type MappedLine, readMappedChunks } from '../../shared/replay/read-mapped.ts';
import { createStreamRig, readProcessorSeconds, type StreamRig } from '../support/stream-rig.ts';
import { measureTails } from './day-zero-handbook.ts';
import { championWindows, makeChampion, type OfflineRow } from './handbook-champion.ts';
import { loadHandbook } from './handbook-data.ts';
import { adaptToHandbook } from './handbook-methods.ts';
import { recipe } from './handbook-recipe.ts';
import { askQualityData, say } from './say.ts';

/** The mapping's: a fraud is known a week later. */
const LABEL_DELAY_MS = 7 * 86_400_000;

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function loadHistory(rig: StreamRig, file: string): void {
  const until = ['--until', day(championWindows.testFrom)];
  const places = ['--state', rig.stateDirectory, '--registry', rig.registryDirectory];
  const fraudctl = join(packageRoot, 'services/fraudctl/bin.mjs');
  const load = ['state', 'load', file, '--mapping', 'handbook', ...until, ...places];
  execFileSync(process.execPath, [fraudctl, ...load], { stdio: ['ignore', 'inherit', 'ignore'] });
}

interface Served {
  readonly score: number;
  readonly tier: string;
}

async function readDecisions(rig: StreamRig): Promise<Map<number, Served>> {
  const served = new Map<number, Served>();
  const topic = rig.topics.decisions.name;
  await scanTopic(rig.connection, topic, await readTopicEnds(rig.connection, topic), (records) => {
    for (const { value } of records) {
      const { transactionId, score, tier } = decisionSchema.parse(
        JSON.parse(Buffer.from(value ?? []).toString()),
      );
      served.set(Number(transactionId.replace(/\D/g, '')), { score, tier });
    }
  });
  return served;
}

/**
 * The week as it is told: its transactions, and every outcome that becomes known in it, of transactions before it too. The file is read
 * from one label delay earlier; what the loaded history holds already is passed over.
 */
async function* tellWeek(file: string): AsyncGenerator<readonly MappedLine[]> {
  const { testFrom, testUntil } = championWindows;
  const window = { from: new Date(testFrom - LABEL_DELAY_MS), until: new Date(testUntil) };
  for await (const lines of readMappedChunks({ file, mapping: loadMapping('handbook'), ...window }))
    yield lines.filter(
      (line) => (line.kind === 'transaction' ? line.eventTimeMs : line.knownAtMs) >= testFrom,
    );
}

/** Fills the topic with the week, scores it, and says at what pace. */
async function serveWeek(rig: StreamRig, file: string, name: string): Promise<void> {
  loadHistory(rig, file);
  const sent = await rig.fill(tellWeek(file));
  const startedAt = performance.now();
  const scorer = await rig.startScorer({ FRAUD_REPLAY_ALIGNED: 'true' });
  await rig.untilCaughtUp(scorer);
  const seconds = (performance.now() - startedAt) / 1000;
  const processor = readProcessorSeconds(scorer.pid)?.all ?? Number.NaN;
  const metrics = await (await fetch(`http://127.0.0.1:${scorer.operationsPort}/metrics`)).text();
  await scorer.stop();
  const { transactions } = sent;
  say(
    `${name}: ${transactions} transactions scored in ${seconds.toFixed(1)} s (${(transactions / seconds).toFixed(0)} a second), ` +
      `${((processor * 1e6) / transactions).toFixed(0)} µs of processor each`,
  );
  for (const line of metrics.split('\n')) if (/^fraud_\w+seconds_(sum|count)/.test(line)) say(`  ${line}`);
  say(`  ${JSON.stringify(await auditTopics(rig))}`);
}

function compare(rows: readonly OfflineRow[], served: ReadonlyMap<number, Served>): void {
  const judged = rows.flatMap((row) => {
    const decision = served.get(row.id);
    return decision ? [{ ...row, served: decision.score, tier: decision.tier }] : [];
  });
  const labels = judged.map(({ label }) => label);
  const weights = judged.map(({ weight }) => weight);
  const precision = (scores: readonly number[]) => averagePrecision({ scores, labels, weights });
  const offline = precision(judged.map(({ score }) => score));
  const online = precision(judged.map((row) => row.served));
  const differences = judged.map((row) => Math.abs(row.served - row.score));
  const largest = differences.reduce((most, one) => Math.max(most, one), 0);
  const count = (limit: number) => differences.filter((one) => one > limit).length;
  say(
    `${judged.length} of ${rows.length} rows have a decision, ${judged.filter(({ tier }) => tier !== 'full').length} of them below tier full`,
  );
  say(
    `average precision offline ${offline.toFixed(8)}, behind Kafka ${online.toFixed(8)}, difference ${Math.abs(offline - online).toExponential(2)} (must: ≤ 1e-6)`,
  );
  say(
    `largest difference of a score ${largest.toExponential(2)}; above 1e-6: ${count(1e-6)}, above 1e-4: ${count(1e-4)}, above 1e-2: ${count(1e-2)}`,
  );
}

/** The Handbook's champion, then the shipped one, each with a broker and a state of its own. */
export async function replayChampion(): Promise<void> {
  const file = askQualityData('handbook/transactions.csv.gz');
  if (!file) return;
  const data = await loadHandbook(file);
  const encoder = await adaptToHandbook(data, recipe.encoder, recipe.adaptationSteps);
  const reference = await measureTails(data, encoder);
  const { version, rows } = await makeChampion(data, encoder, reference);
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const rig = await createStreamRig(6);
  try {
    const registry = new FileRegistry(rig.registryDirectory);
    await registry.publish(version.manifest, version.files);
    const movedAt = new Date(championWindows.testFrom).toISOString();
    await promote(registry, version.manifest.modelVersion, { movedAt, by: 'quality' });
    await serveWeek(rig, file, version.manifest.modelVersion);
    compare(rows, await readDecisions(rig));
  } finally {
    await rig.close();
  }
  const shipped = await createStreamRig(6);
  try {
    await serveWeek(shipped, file, 'shipped champion');
  } finally {
    await shipped.close();
  }
}

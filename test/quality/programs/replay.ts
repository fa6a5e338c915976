// test/quality/programs/replay.ts: `npm run quality -- replay handbook|sparkov|champion`: a month of a public data set through Kafka and the scorer; the label-free score beside two formulas.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { decisionSchema } from '../../../shared/domain/decision.ts';
import { averagePrecision } from '../../../shared/evaluation/metrics.ts';
import { auditTopics } from '../../../shared/kafka/audit.ts';
import { readTopicEnds, scanTopic } from '../../../shared/kafka/scan-topic.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import { readMappedChunks } from '../../../shared/replay/read-mapped.ts';
import { createStreamRig, type StreamRig } from '../../support/stream-rig.ts';
import { replayChampion } from '../replay-champion.ts';
import { askQualityData, say } from '../say.ts';

interface Month {
  readonly file: string;
  readonly mapping: string;
  /** Traffic before the month: population reference and histories. */
  readonly past: string;
  readonly from: string;
  /** The last week begins here. */
  readonly judgedFrom: string;
  readonly until: string;
}

const months: Readonly<Record<string, Month>> = {
  handbook: {
    file: 'handbook/transactions.csv.gz',
    mapping: 'handbook',
    past: '2018-04-01',
    from: '2018-06-01',
    judgedFrom: '2018-06-24',
    until: '2018-07-01',
  },
  sparkov: {
    file: 'sparkov/transactions.csv.gz',
    mapping: 'sparkov',
    past: '2024-05-01',
    from: '2024-07-01',
    judgedFrom: '2024-07-25',
    until: '2024-08-01',
  },
};

/** The operators' own commands: reference from past traffic, promoted; history without decisions. */
function prepare(rig: StreamRig, month: Month, file: string): void {
  const fraudctl = (...args: string[]) =>
    execFileSync(process.execPath, [join(packageRoot, 'services/fraudctl/bin.mjs'), ...args], {
      stdio: ['ignore', 'inherit', 'ignore'],
    });
  const registry = ['--registry', rig.registryDirectory];
  fraudctl(
    'reference',
    file,
    '--mapping',
    month.mapping,
    '--from',
    month.past,
    '--until',
    month.from,
    '--promote',
    ...registry,
  );
  fraudctl(
    'state',
    'load',
    file,
    '--mapping',
    month.mapping,
    '--from',
    month.past,
    '--until',
    month.from,
    '--state',
    rig.stateDirectory,
    ...registry,
  );
}

/** Formula scores and truth of the judged rows, from the file alone. */
async function readJudged(month: Month, file: string) {
  const judged = new Map<string, { isFraud: boolean; ratio: number; ratioAndAmount: number }>();
  const means = new Map<string, { sum: number; count: number }>();
  const window = {
    file,
    mapping: loadMapping(month.mapping),
    from: new Date(month.past),
    until: new Date(month.until),
  };
  for await (const lines of readMappedChunks({ ...window, withOutcomes: false })) {
    for (const line of lines) {
      if (line.kind !== 'transaction') continue;
      const { cardToken, amountMinor, transactionId } = line.transaction;
      const amount = amountMinor / 100;
      const mean = means.get(cardToken) ?? { sum: 0, count: 0 };
      if (line.eventTimeMs >= Date.parse(month.judgedFrom)) {
        const ratio = mean.count === 0 ? 1 : amount / Math.max(0.01, mean.sum / mean.count);
        judged.set(transactionId, {
          isFraud: line.label === 'fraud',
          ratio,
          ratioAndAmount: ratio + amount / 100,
        });
      }
      means.set(cardToken, { sum: mean.sum + amount, count: mean.count + 1 });
    }
  }
  return judged;
}

async function judge(rig: StreamRig, month: Month, file: string): Promise<void> {
  const judged = await readJudged(month, file);
  const labels: number[] = [];
  const columns = {
    anomalyBits: [] as number[],
    score: [] as number[],
    ratio: [] as number[],
    ratioAndAmount: [] as number[],
  };
  const topic = rig.topics.decisions.name;
  await scanTopic(rig.connection, topic, await readTopicEnds(rig.connection, topic), (records) => {
    for (const { value } of records) {
      const decision = decisionSchema.parse(JSON.parse(Buffer.from(value ?? []).toString()));
      const row = judged.get(decision.transactionId);
      if (!row) continue;
      judged.delete(decision.transactionId);
      labels.push(row.isFraud ? 1 : 0);
      columns.anomalyBits.push(decision.anomalyBits ?? 0);
      columns.score.push(decision.score);
      columns.ratio.push(row.ratio);
      columns.ratioAndAmount.push(row.ratioAndAmount);
    }
  });
  const names = {
    anomalyBits: 'label-free score (anomalyBits)',
    score: 'shipped champion, trained on simulation',
    ratio: 'amount ÷ the card’s mean so far',
    ratioAndAmount: 'that plus amount/100',
  };
  say(
    `last week: ${labels.length} decisions, ${labels.filter((label) => label === 1).length} frauds, ${judged.size} without a decision`,
  );
  for (const [key, scores] of Object.entries(columns)) {
    say(
      `  ${names[key as keyof typeof names].padEnd(42)} AP ${averagePrecision({ scores, labels }).toFixed(3)}`,
    );
  }
}

async function replayMonth(name: string): Promise<void> {
  const month = months[name];
  const file = askQualityData(month.file);
  if (!file) return;
  execFileSync('npm', ['run', '-s', 'build'], { cwd: packageRoot, stdio: ['ignore', 2, 2] });
  const rig = await createStreamRig(6);
  try {
    prepare(rig, month, file);
    const window = { from: new Date(month.from), until: new Date(month.until) };
    const sent = await rig.fill(readMappedChunks({ file, mapping: loadMapping(month.mapping), ...window }));
    say(`${name}: ${sent.transactions} transactions and ${sent.outcomes} outcomes on the topics`);
    const startedAt = performance.now();
    const scorer = await rig.startScorer({ FRAUD_REPLAY_ALIGNED: 'true' });
    await rig.untilCaughtUp(scorer);
    const seconds = (performance.now() - startedAt) / 1000;
    await scorer.stop();
    const audit = await auditTopics(rig);
    say(`scored in ${seconds.toFixed(0)} s; ${JSON.stringify(audit)}`);
    await judge(rig, month, file);
  } finally {
    await rig.close();
  }
}

/** Both months when none is named; `champion` is a week behind a champion made for the Handbook. */
export async function run(args: readonly string[]): Promise<void> {
  const names = args.length > 0 ? args : Object.keys(months);
  for (const name of names) {
    if (name === 'champion') await replayChampion();
    else await replayMonth(name);
  }
}

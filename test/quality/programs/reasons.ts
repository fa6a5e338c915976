// test/quality/programs/reasons.ts: `npm run quality -- reasons [simulator|handbook]`: do the reasons name what the score rests on?
import { parseArgs } from 'node:util';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import type { VerifiedVersion } from '../../../shared/registry/registry.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import type { DecidedEvaluation } from '../../../shared/scoring/scorer.ts';
import { collectAlerts, type FlaggedAlert, type Line } from '../collect-alerts.ts';
import { tryReasons } from '../judge-reasons.ts';
import { createTopShare, handbookStream, simulatedStream, withHandbookReference } from '../reason-streams.ts';
import { reportTrials, reportTypologies, tellExamples } from '../reasons-report.ts';
import { say } from '../say.ts';
import { findQualityData } from '../sparkov-data.ts';

/** Never looked at while groups and sentences were made; 7101 and 7102 were. */
const JUDGED_SEEDS = '8201,8202,8203,8204';
const REQUIRED_SHARE = 0.8;
const TRIAL_SEED = 11;

const isAlert = ({ decision }: DecidedEvaluation): boolean => decision.decision !== 'approve';

interface Judging {
  readonly version: VerifiedVersion;
  readonly streams: readonly {
    readonly name: string;
    readonly lines: AsyncIterable<Line> | Iterable<Line>;
    readonly fromMs: number;
  }[];
  readonly isFlagged: (evaluation: DecidedEvaluation) => boolean;
}

async function judge(title: string, { version, streams, isFlagged }: Judging) {
  const champion = createChampion(version);
  const encoder = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu' });
  const all: FlaggedAlert[] = [];
  for (const { name, lines, fromMs } of streams) {
    const { alerts, decided, frauds } = await collectAlerts(lines, { champion, encoder, fromMs, isFlagged });
    const caught = alerts.filter(({ isFraud }) => isFraud).length;
    say(
      `${name}: ${decided} decided, ${frauds} frauds; ${alerts.length} alerts (${((100 * alerts.length) / decided).toFixed(2)} %), ${caught} of them fraud`,
    );
    all.push(...alerts);
  }
  const holds = reportTrials(title, await tryReasons(all, encoder, TRIAL_SEED));
  await encoder.close();
  return { alerts: all, holds };
}

async function judgeSimulator(version: VerifiedVersion, seeds: readonly number[]): Promise<boolean> {
  const streams = seeds.map((seed, place) => ({
    name: `portfolio ${seed}`,
    ...simulatedStream(seed, place),
  }));
  const { alerts, holds } = await judge('simulator', { version, streams, isFlagged: isAlert });
  const share = reportTypologies(alerts);
  tellExamples(alerts, 3);
  say(`\nrequired: named above random on the simulator: ${holds ? 'holds' : 'FAILS'}`);
  say(
    `required: a planted code among the first two in ${REQUIRED_SHARE}: ${share >= REQUIRED_SHARE ? 'holds' : 'FAILS'}`,
  );
  return holds && share >= REQUIRED_SHARE;
}

async function judgeHandbook(version: VerifiedVersion): Promise<boolean> {
  const file = findQualityData('handbook/transactions.csv.gz');
  if (!file) {
    say('NOT RUN: handbook/transactions.csv.gz is not there (set FRAUD_QUALITY_DATA).');
    return true;
  }
  const own = await withHandbookReference(version, file);
  const streams = [{ name: 'Handbook', ...handbookStream(file) }];
  const { holds } = await judge('Handbook', { version: own, streams, isFlagged: createTopShare() });
  say(`required: named above random on the Handbook: ${holds ? 'holds' : 'FAILS'}`);
  return holds;
}

/** Exits 1 unless everything that was judged holds. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seeds: { type: 'string', default: JUDGED_SEEDS } },
  });
  const version = await loadShipped();
  const wants = (name: string) => positionals.length === 0 || positionals.includes(name);
  const holds = [
    !wants('simulator') || (await judgeSimulator(version, values.seeds.split(',').map(Number))),
    !wants('handbook') || (await judgeHandbook(version)),
  ];
  if (holds.includes(false)) process.exitCode = 1;
}

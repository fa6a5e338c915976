// services/fraudctl/verbs/explain.ts: `fraudctl explain TRANSACTION`: why it was scored as it was, with the history around it, from the archived row.
import { type Command, Option } from 'commander';
import { findScoredRow, type ScoredRow } from '../../../shared/archive/find-scored-row.ts';
import { openArchive } from '../../../shared/archive/open-archive.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import { featureVersion } from '../../../shared/features/velocity.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { explainContext } from '../../../shared/scoring/explain-context.ts';
import { compareEffects, toReasons } from '../../../shared/scoring/rank-effects.ts';
import { describeHistory, type HistoryEvent } from '../explain/describe-history.ts';
import { defaultRegistryDirectory, openRegistry, print, resolveVersion } from '../models/registry-options.ts';
import { toWhole } from '../option-values.ts';
import { toColumns } from '../to-columns.ts';

interface ExplainOptions {
  readonly archive: string;
  readonly registry: string;
  readonly portfolio: string;
  readonly model?: string;
  readonly history: number;
  readonly json?: boolean;
}

/** Adds the verb. */
export function register(program: Command): void {
  program
    .command('explain <transaction>')
    .description('why a transaction was scored as it was: reasons, every effect, the history around it')
    .addOption(
      new Option('--archive <location>', 'a directory, or s3://bucket/prefix')
        .env('FRAUD_ARCHIVE')
        .makeOptionMandatory(),
    )
    .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
    .option('--portfolio <id>', 'portfolio of the transaction', 'default')
    .option('--model <version>', 'version or alias that explains; default the one that decided')
    .option('--history <count>', 'events shown, the transaction itself included', toWhole, 12)
    .option('--json', 'machine-readable output')
    .action(run);
}

async function findRow(transactionId: string, options: ExplainOptions): Promise<ScoredRow> {
  const store = await openArchive(options.archive);
  try {
    const row = await findScoredRow(store, { portfolioId: options.portfolio, transactionId });
    if (row && row.featureVersion === featureVersion) return row;
    const detail = row
      ? `It was scored with ${row.featureVersion}, this program computes ${featureVersion}.`
      : 'No archived decision of this transaction: not decided, not archived yet, thinned, or erased.';
    throw new AppError('FRAUD_INPUT_INVALID', { field: 'transaction', detail });
  } finally {
    await store.close();
  }
}

async function run(transactionId: string, options: ExplainOptions): Promise<void> {
  const row = await findRow(transactionId, options);
  const registry = openRegistry(options);
  const name = await resolveVersion(registry, options.model ?? row.modelVersion);
  const version = createChampion(await registry.loadVerified(name));
  const encoder = await createOnnxEncoder({ ...version.encoderParts, provider: 'cpu', workers: 1 });
  try {
    const { score, effects } = await explainContext(row.context, version, encoder);
    const facts = {
      transactionId,
      cardToken: row.cardToken,
      decided: { score: row.score, tier: row.tier, modelVersion: row.modelVersion },
      explainedBy: { modelVersion: name, score },
      contextDigest: row.context.digest,
      reasons: toReasons(effects),
      effects: effects.toSorted(compareEffects),
      history: describeHistory(row.context.events, options.history),
    };
    print(facts, toText(facts), options);
  } finally {
    await encoder.close();
  }
}

type Facts = Readonly<{
  transactionId: string;
  cardToken: string;
  decided: Readonly<{ score: number; tier: string; modelVersion: string }>;
  explainedBy: Readonly<{ modelVersion: string; score: number }>;
  reasons: ReturnType<typeof toReasons>;
  effects: Awaited<ReturnType<typeof explainContext>>['effects'];
  history: readonly HistoryEvent[];
}>;

const bits = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

function toText({
  transactionId,
  cardToken,
  decided,
  explainedBy,
  reasons,
  effects,
  history,
}: Facts): string {
  const other =
    explainedBy.modelVersion === decided.modelVersion
      ? ''
      : `\nexplained by ${explainedBy.modelVersion}, which scores it ${explainedBy.score.toFixed(4)}`;
  return [
    `${transactionId} of ${cardToken}: score ${decided.score.toFixed(4)} (tier ${decided.tier}) by ${decided.modelVersion}${other}`,
    '',
    'Reasons (bits: by how many times two the odds of fraud fall without it)',
    ...reasons.map(({ contribution, sentence }) => `  ${bits(contribution).padStart(7)}  ${sentence}`),
    ...(reasons.length === 0 ? ['  none that changes the odds'] : []),
    '',
    'Every group and recent event',
    toColumns(
      effects.map(({ code, event, contribution, scoreWithout }) => [
        `  ${code}${event ? ` (${event.back} back)` : ''}`,
        `${bits(contribution).padStart(7)}  score without ${scoreWithout.toFixed(4)}`,
      ]),
    ),
    '',
    'History, newest first (amounts over the median of their currency)',
    ...history.map(({ at, type, amountOverMedian, category, entryMode, signs }) =>
      `  ${at.slice(0, 19)}  ${type.padEnd(13)} ${amountOverMedian.toFixed(2).padStart(8)}  ${category.padEnd(20)} ${entryMode.padEnd(18)} ${signs.join(', ')}`.trimEnd(),
    ),
  ].join('\n');
}

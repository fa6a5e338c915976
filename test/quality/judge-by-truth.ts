// test/quality/judge-by-truth.ts: versions held against what really happened after the cut, merchant by merchant: nothing a retraining ever sees.
import { openLocalArchive } from '../../shared/archive/local-archive.ts';
import { openHeadGraph } from '../../shared/encoder/score-head-graph.ts';
import { averagePrecision } from '../../shared/evaluation/metrics.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import { readScoredRows } from '../../shared/training-set/read-scored-rows.ts';
import type { TrainingColumns } from '../../shared/training-set/training-set.ts';
import type { GatesPortfolio } from './gates-portfolio.ts';

export interface TruthFigures {
  readonly averagePrecision: number;
  /** Of the frauds at each of the merchants asked for, the share among the riskiest rows of all. */
  readonly recallAt: readonly number[];
}

export interface TruthJudge {
  readonly rows: number;
  readonly frauds: number;
  /** Frauds at each merchant. */
  readonly fraudsAt: readonly number[];
  judge(version: VerifiedVersion): Promise<TruthFigures>;
}

interface JudgeOptions {
  readonly portfolio: GatesPortfolio;
  readonly version: VerifiedVersion;
  readonly from: Date;
  readonly until: Date;
  readonly merchants: readonly string[];
  /** Share of the rows that people look at. */
  readonly reviewShare: number;
}

async function readRows({ portfolio, version, from, until }: JudgeOptions): Promise<TrainingColumns> {
  const store = await openLocalArchive(portfolio.archive);
  const span = { fromMs: from.getTime(), untilMs: until.getTime() };
  return readScoredRows(store, span, version.manifest).finally(() => store.close());
}

export async function createTruthJudge(options: JudgeOptions): Promise<TruthJudge> {
  const rows = await readRows(options);
  const { truth } = options.portfolio;
  const labels = Uint8Array.from(rows.transactionIds, (id) => (truth.get(id)?.isFraud ? 1 : 0));
  const fraudsOf = (merchant: string): number[] =>
    rows.merchants.flatMap((name, row) => (name === merchant && labels[row] === 1 ? [row] : []));
  const atMerchants = options.merchants.map(fraudsOf);
  return {
    rows: labels.length,
    frauds: labels.reduce((sum, label) => sum + label, 0),
    fraudsAt: atMerchants.map(({ length }) => length),
    judge: async ({ manifest, files }) => {
      const graph = await openHeadGraph(
        files.get(manifest.heads.full.file) ?? new Uint8Array(),
        rows.inputs.length,
      );
      // A score that is no number reviews nobody.
      const scores = (await graph.score(rows.values)).map((score) =>
        Number.isFinite(score) ? score : Number.NEGATIVE_INFINITY,
      );
      await graph.release();
      const threshold = scores.toSorted()[Math.floor((1 - options.reviewShare) * scores.length)] ?? 0;
      return {
        averagePrecision: averagePrecision({ scores, labels }),
        recallAt: atMerchants.map(
          (frauds) => frauds.filter((row) => (scores[row] ?? 0) > threshold).length / frauds.length,
        ),
      };
    },
  };
}

// shared/transfer/compare-encoders.ts: READ FIRST for choosing: the same rows through each encoder, a frozen probe at several label budgets, distance to its pretraining, cost → recommendation.
import { loadPretrained, type PretrainedEncoder } from '../encoder/pretrained.ts';
import { type AblationTable, compareMethods } from '../evaluation/ablation.ts';
import { fitLinearHead, selectColumns } from '../head/fit-head.ts';
import { featuresOnlyInputs } from '../head/head-inputs.ts';
import type { HeadDataset } from '../training/head-dataset.ts';
import { scoreRows } from '../training/judge-head.ts';
import { toJudgedRows } from './judge-transfer.ts';
import { keepRows, type RowPlace } from './kept-rows.ts';
import { type LabelBudget, splitCards, thinLabels } from './label-budget.ts';
import { measureDistance, type PopulationDistance } from './population-distance.ts';
import type { OnProgress } from './prepare-encoder.ts';
import { type ProbeFigure, type Recommendation, recommendEncoder } from './recommend-encoder.ts';
import { collectSourceRows } from './source-embeddings.ts';
import type { TransferConfig } from './transfer-config.ts';
import { type EncodingCost, encodeWindows, openEncoder } from './transfer-inputs.ts';
import {
  collectTransferRows,
  type HistorySpan,
  type TellHistory,
  type TransferRows,
} from './transfer-rows.ts';

export interface CompareOrder {
  readonly config: TransferConfig;
  readonly tell: TellHistory;
  /** Its span, where it is known without telling it. */
  readonly span?: HistorySpan | undefined;
  /** Where the rows of this history are kept for other runs; nowhere when absent. */
  readonly rowPlace?: RowPlace | undefined;
  /** Names of shipped encoders, versions of imported ones, or directories. */
  readonly encoders: readonly string[];
  /** Labelled fraud cards; those that ask for more than there are are left out. */
  readonly budgets: readonly LabelBudget[];
  /** Draws of the labelled cards at each budget below `all`; figures are their mean. */
  readonly draws: number;
  readonly onProgress?: OnProgress;
}

/** What one encoder is, costs, and how far the portfolio lies from its pretraining. */
export interface ComparedEncoder {
  readonly encoder: string;
  readonly encoderVersion: string;
  /** Readings that it gives; all that the product knows unless it was imported. */
  readonly readings: readonly string[];
  readonly distance: PopulationDistance;
  /** True when the traffic it was pretrained on is not known: the distance is then to simulated traffic. */
  readonly isSourceGuessed: boolean;
  /** Per 1,000 rows: processor time (wall time where the platform does not tell) and resident memory its sessions took, by all rows. */
  readonly millisecondsPerThousand: number;
  readonly modelBytes: number;
  readonly sessionBytes: number;
}

export interface EncoderComparison {
  readonly encoders: readonly ComparedEncoder[];
  /** One table per budget; the baseline is its best encoder. */
  readonly budgets: readonly { readonly budget: string; readonly table: AblationTable }[];
  readonly recommendation: Recommendation;
  readonly rows: TransferRows;
  readonly fraudCards: number;
}

/** The rival that has no encoder: the current event alone. */
export const NO_ENCODER = 'current event alone';

/** Strength of the probe's penalty and how much each family may say: those of the head for few labels, the embedding as weak as a one-hot column. */
const PROBE = { c: 0.03, emphasis: { 'event-': 0.3, 'embedding-': 0.3 } } as const;

const isFeature = (name: string): boolean => featuresOnlyInputs.includes(name);
/** Features know about labels of the history; the probe must not, or budgets would mean nothing. */
const isProbed = (name: string): boolean => name.startsWith('event-') || !isFeature(name);

/** A frozen probe: a linear head on readings and current event of the labelled rows. */
function probe(
  inputs: { training: HeadDataset; test: HeadDataset },
  isWanted: (name: string) => boolean,
): Float32Array {
  const head = fitLinearHead(selectColumns(inputs.training, isWanted), PROBE);
  return scoreRows(head, inputs.test);
}

interface Encoded {
  readonly name: string;
  readonly compared: ComparedEncoder;
  readonly training: HeadDataset;
  readonly test: HeadDataset;
}

interface Named {
  readonly name: string;
  readonly pretrained: PretrainedEncoder;
}

/** @param source rows of the pretraining population */
async function encodeOne(
  { name, pretrained }: Named,
  { rows, source }: { readonly rows: TransferRows; readonly source: TransferRows },
  onProgress: OnProgress,
): Promise<Encoded> {
  const built = openEncoder(pretrained);
  let cost: EncodingCost | undefined;
  const { training, test } = await encodeWindows(
    rows,
    built,
    (done, all) => onProgress(`encoding: ${name}`, done, all, 'rows'),
    (measured) => {
      cost = measured;
    },
  );
  const { imported } = pretrained.manifest;
  const usual = await encodeWindows(source, built);
  const { width } = built.config;
  const embedded = ({ values, inputs }: HeadDataset) => ({ values, columns: inputs.length, width });
  const compared = {
    encoder: name,
    encoderVersion: built.encoderVersion,
    readings: imported?.readings ?? ['embedding', 'forecasts', 'surprises'],
    distance: measureDistance(embedded(training), embedded(usual.training)),
    isSourceGuessed: imported !== undefined,
    millisecondsPerThousand: (1000 * (cost?.processorMs ?? cost?.wallMs ?? 0)) / Math.max(1, cost?.rows ?? 1),
    modelBytes: built.model.length,
    sessionBytes: cost?.memoryBytes ?? 0,
  };
  return { name, compared, training, test };
}

/** Scores of every encoder at one budget, several draws each. */
function probeBudget(
  encoded: readonly Encoded[],
  budget: LabelBudget,
  order: CompareOrder,
): Record<string, Float32Array[]> {
  const seeds = Array.from(
    { length: budget === 'all' ? 1 : order.draws },
    (_, draw) => order.config.seed + draw,
  );
  const columns = (of: Encoded, isWanted: (name: string) => boolean) =>
    seeds.map((seed) => probe({ training: thinLabels(of.training, budget, seed), test: of.test }, isWanted));
  const [first] = encoded;
  return {
    ...Object.fromEntries(encoded.map((each) => [each.name, columns(each, isProbed)])),
    ...(first && { [NO_ENCODER]: columns(first, (name) => name.startsWith('event-')) }),
  };
}

/** The best encoder of a budget, by its measured average precision. */
function bestOf(table: AblationTable): string {
  const encoders = table.methods.filter(({ method }) => method !== NO_ENCODER);
  return encoders.reduce((best, each) =>
    each.averagePrecision.value > best.averagePrecision.value ? each : best,
  ).method;
}

function toFigures({ budget, table }: { budget: string; table: AblationTable }): ProbeFigure[] {
  return table.methods
    .filter(({ method }) => method !== NO_ENCODER)
    .map(({ method, averagePrecision, averagePrecisionDifference }) => ({
      encoder: method,
      budget,
      averagePrecision: averagePrecision.value,
      behindBest: averagePrecisionDifference,
    }));
}

/**
 * A bake-off on somebody's own data: every encoder frozen, the same rows, the same labelled cards.
 * @throws AppError FRAUD_MODEL_NOT_FOUND for an encoder that is not there, FRAUD_EVALUATION_IMPOSSIBLE when the test window holds no fraud
 */
export async function compareEncoders(order: CompareOrder): Promise<EncoderComparison> {
  const { config, encoders, onProgress = () => {} } = order;
  const named = encoders.map((name): Named => ({ name, pretrained: loadPretrained(name) }));
  const rows = await keepRows(order.rowPlace, config, () =>
    collectTransferRows(order.tell, config, {
      span: order.span,
      onTransactions: (done, all) => onProgress('reading', done, all, 'transactions'),
    }),
  );
  const encoded: Encoded[] = [];
  const source = await collectSourceRows();
  for (const one of named) encoded.push(await encodeOne(one, { rows, source }, onProgress));
  const fraudCards = encoded[0] ? splitCards(encoded[0].training).fraud.length : 0;
  const wanted = order.budgets.filter((budget) => budget === 'all' || budget < fraudCards);
  const judged = toJudgedRows(rows);
  const options = { rounds: config.rounds, seed: config.seed };
  const budgets = wanted.map((budget, index) => {
    onProgress('probing', index, wanted.length, `${budget} fraud cards`);
    const fold = { rows: judged, scores: probeBudget(encoded, budget, order) };
    const best = bestOf(compareMethods([fold], NO_ENCODER, { ...options, rounds: 0 }));
    return { budget: String(budget), table: compareMethods([fold], best, options) };
  });
  onProgress('probing', wanted.length, wanted.length);
  const costOf = new Map(encoded.map(({ name, compared }) => [name, compared.millisecondsPerThousand]));
  return {
    encoders: encoded.map(({ compared }) => compared),
    budgets,
    recommendation: recommendEncoder(budgets.flatMap(toFigures), costOf),
    rows,
    fraudCards,
  };
}

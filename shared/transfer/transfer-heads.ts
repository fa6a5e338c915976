// shared/transfer/transfer-heads.ts: heads on transferred readings: linear when labels are few, else boosted trees, alone or beside an MLP; several seeds averaged.
import { addTrees, averageTrees, toTreeHead } from '../head/add-trees.ts';
import { type Alignment, align } from '../head/alignment.ts';
import { averageHeads } from '../head/average-heads.ts';
import { areLabelsFew, fitFewLabelsHead } from '../head/fit-few-labels-head.ts';
import { type HeadRows, selectColumns } from '../head/fit-head.ts';
import { fitLinearAndTrees } from '../head/fit-linear-and-trees.ts';
import { type FittedTrees, fitTrees } from '../head/fit-trees.ts';
import { featuresOnlyInputs } from '../head/head-inputs.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import type { TensorFlow } from '../training/backend.ts';
import { fitMlpHead } from '../training/fit-mlp.ts';
import type { HeadDataset } from '../training/head-dataset.ts';
import type { TransferConfig } from './transfer-config.ts';

export type HeadKind = Exclude<TransferConfig['head'], 'auto'>;

const isFeature = (name: string): boolean => featuresOnlyInputs.includes(name);

/** Embedding coordinates have no tails that an encoding would have to resolve. */
const isEncoded = (name: string): boolean => !name.startsWith('embedding-') && !name.startsWith('event-');

/** Cards with a labelled fraud. */
export function countFraudCards({ labels, cards }: Pick<HeadDataset, 'labels' | 'cards'>): number {
  return new Set(cards.filter((_, row) => labels[row] === 1)).size;
}

/** The kind of head that `auto` stands for on these rows. */
export function chooseHeadKind({ head }: Pick<TransferConfig, 'head'>, rows: HeadDataset): HeadKind {
  if (head !== 'auto') return head;
  return areLabelsFew(countFraudCards(rows)) ? 'linear' : 'trees';
}

export interface HeadOptions {
  readonly tf: TensorFlow;
  readonly config: Pick<TransferConfig, 'seed' | 'headSeeds' | 'headEpochs' | 'headTrees'>;
  readonly kind: HeadKind;
  /** Widths of an MLP's hidden layers. */
  readonly hidden?: readonly number[];
  readonly onProgress?: (share: number) => void;
}

/** A head on these rows. */
export async function fitTransferHead(rows: HeadRows, options: HeadOptions): Promise<HeadWeights> {
  const { kind } = options;
  if (kind === 'linear') return fitFewLabelsHead(rows);
  if (kind === 'linear-and-trees')
    return fitLinearAndTrees(rows, {
      seed: options.config.seed,
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
  if (kind === 'trees') return toTreeHead(rows, boost(rows, options, 1));
  const head = await fitMlps(rows, options);
  if (kind === 'mlp') return head;
  return addTrees(head, boost(rows, options, 0.5));
}

async function fitMlps(
  rows: HeadRows,
  { tf, config, hidden, kind, onProgress }: HeadOptions,
): Promise<HeadWeights> {
  const part = (kind === 'fusion' ? 0.5 : 1) / config.headSeeds;
  const heads: HeadWeights[] = [];
  for (let index = 0; index < config.headSeeds; index++) {
    heads.push(
      await fitMlpHead(tf, rows, {
        seed: config.seed + index,
        epochs: config.headEpochs,
        hidden: hidden ?? [64],
        inputDropout: 0.3,
        weightDecay: 0.1,
        encode: isEncoded,
        onProgress: (share) => onProgress?.((index + share) * part),
      }),
    );
  }
  return averageHeads(heads);
}

/** Trees of every seed, `share` of the way. */
function boost(rows: HeadRows, { config, onProgress }: HeadOptions, share: number): FittedTrees {
  const part = share / config.headSeeds;
  const fitted = Array.from({ length: config.headSeeds }, (_, index) =>
    fitTrees(rows, {
      seed: config.seed + index,
      trees: config.headTrees,
      onProgress: (done) => onProgress?.(1 - share + (index + done) * part),
    }),
  );
  return averageTrees(fitted);
}

/** The head of the tier that needs no encoder. An MLP would take too long in plain arithmetic. */
export function fitFeaturesOnlyHead(rows: HeadRows, options: HeadOptions): Promise<HeadWeights> {
  const kind = options.kind === 'linear' || options.kind === 'linear-and-trees' ? options.kind : 'trees';
  const config = { ...options.config, headSeeds: 1 };
  return fitTransferHead(selectColumns(rows, isFeature), { ...options, config, kind });
}

/** Rows with their embedding mapped. */
export function alignRows<Rows extends HeadRows>(rows: Rows, alignment: Alignment): Rows {
  const width = rows.inputs.length;
  const values = new Float32Array(rows.values.length);
  for (let at = 0; at < values.length; at += width)
    align(alignment, rows.values.subarray(at, at + width), values.subarray(at, at + width));
  return { ...rows, values };
}

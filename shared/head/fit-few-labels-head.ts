// shared/head/fit-few-labels-head.ts: the head for a handful of labelled fraud cards: fewer inputs, one strong penalty, no other choice to make.
import { fitLinearHead, type HeadRows, selectColumns } from './fit-head.ts';
import type { HeadLayer, HeadWeights } from './head-weights.ts';

/**
 * Below this many fraud cards the few-labels head is the better one; from here on a head on all inputs is (measured on simulated
 * portfolios of development, test/quality/LOG.md).
 */
export const FEW_FRAUD_CARDS = 60;

/** True when so few cards with a known fraud are labelled that `fitFewLabelsHead` is the head to fit. */
export const areLabelsFew = (fraudCards: number): boolean => fraudCards < FEW_FRAUD_CARDS;

/**
 * With n fraud cards every column's weight has an error of about 1/√n, whatever the column says: a column must be worth it.
 * Embedding: as many columns as all others together, each saying little. Divergences: mean something else in every portfolio.
 */
const needsManyLabels = (name: string): boolean =>
  name.startsWith('embedding-') || name.endsWith('-divergence');

/** Inverse strength of the penalty. Three times that of the plain head: flags that matter where no card is present need it. */
const C = 0.03;
/** The current event's columns, most of them one-hot, say less each than readings and features. No emphasis within the readings. */
const emphasis = { 'event-': 0.3 } as const;

/**
 * A linear head from a few labelled cards, over the same inputs as any other head (columns it does not look at have weight 0), so that
 * it is served alike. Works without readings too: then it is the fair rival to the same head with them. Deterministic.
 */
export function fitFewLabelsHead(rows: HeadRows): HeadWeights {
  const chosen = fitLinearHead(
    selectColumns(rows, (name) => !needsManyLabels(name)),
    { c: C, emphasis },
  );
  return spreadOver(rows.inputs, chosen);
}

/** The same head over more inputs. */
function spreadOver(inputs: readonly string[], head: HeadWeights): HeadWeights {
  const columnOf = new Map(head.inputs.map((name, column) => [name, column]));
  const spread = (values: Float32Array | undefined, otherwise: number): Float32Array =>
    Float32Array.from(inputs, (name) => values?.[columnOf.get(name) ?? -1] ?? otherwise);
  const [layer] = head.layers;
  const only: HeadLayer = {
    inputs: inputs.length,
    outputs: 1,
    weights: spread(layer?.weights, 0),
    bias: layer?.bias ?? new Float32Array(1),
  };
  return { inputs, mean: spread(head.mean, 0), scale: spread(head.scale, 1), layers: [only] };
}

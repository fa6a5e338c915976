// shared/head/average-heads.ts: several heads of one shape → one head whose logit is the mean of theirs, so that serving runs one graph.
import { AppError } from '../errors.ts';
import type { HeadLayer, HeadWeights } from './head-weights.ts';

/**
 * Heads of different seeds on the same rows, side by side in one: hidden layers stand next to each other, the last adds them up.
 * @throws AppError FRAUD_INPUT_INVALID when they differ in more than the weights of their layers
 */
export function averageHeads(heads: readonly HeadWeights[]): HeadWeights {
  const [first] = heads;
  if (!first) throw new AppError('FRAUD_INPUT_INVALID', { detail: 'There is no head to average.' });
  if (heads.length === 1) return first;
  if (!heads.every((head) => isAlike(head, first))) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: 'Only heads of one shape on the same rows are averaged.',
    });
  }
  const layers = first.layers.map((_, index) => {
    const parts = heads.flatMap((head) => head.layers[index] ?? []);
    const isLast = index === first.layers.length - 1;
    return combine(parts, { sharesInputs: index === 0, addsUp: isLast });
  });
  return { ...first, layers };
}

function isAlike(head: HeadWeights, first: HeadWeights): boolean {
  const shapeOf = ({ inputs, mean, scale, encoding, alignment, layers }: HeadWeights) =>
    JSON.stringify([
      inputs,
      [...mean],
      [...scale],
      encoding && [[...encoding.columns], [...encoding.starts], [...encoding.slopes]],
      alignment && [[...alignment.matrix], [...alignment.offset]],
      layers.map((layer) => [layer.inputs, layer.outputs]),
    ]);
  return shapeOf(head) === shapeOf(first);
}

/** One layer that does what `parts` do side by side. */
function combine(
  parts: readonly HeadLayer[],
  { sharesInputs, addsUp }: { readonly sharesInputs: boolean; readonly addsUp: boolean },
): HeadLayer {
  const count = parts.length;
  const [{ inputs: each, outputs: every } = { inputs: 0, outputs: 0 }] = parts;
  const inputs = sharesInputs ? each : each * count;
  const outputs = addsUp ? every : every * count;
  const share = addsUp ? 1 / count : 1;
  const weights = new Float32Array(inputs * outputs);
  const bias = new Float32Array(outputs);
  parts.forEach((part, index) => {
    const firstRow = sharesInputs ? 0 : index * each;
    const firstColumn = addsUp ? 0 : index * every;
    part.weights.forEach((value, at) => {
      const row = firstRow + Math.floor(at / every);
      const to = row * outputs + firstColumn + (at % every);
      weights[to] = (weights[to] ?? 0) + value * share;
    });
    part.bias.forEach((value, at) => {
      bias[firstColumn + at] = (bias[firstColumn + at] ?? 0) + value * share;
    });
  });
  return { inputs, outputs, weights, bias };
}

// shared/head/head-bytes.ts: a head as JSON, numbers as base64, and back, with every shape checked.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { hasFittingSize } from './alignment.ts';
import { firstWidthOf, type HeadWeights } from './head-weights.ts';
import { hasFittingTrees } from './tree-ensemble.ts';

const columns = z.array(z.int().min(0));

const storedHeadSchema = z.object({
  inputs: z.array(z.string()),
  mean: z.base64(),
  scale: z.base64(),
  alignment: z.object({ matrix: z.base64(), offset: z.base64() }).optional(),
  encoding: z.object({ columns, starts: z.base64(), slopes: z.base64() }).optional(),
  layers: z
    .array(z.object({ inputs: z.int(), outputs: z.int(), weights: z.base64(), bias: z.base64() }))
    .min(1),
  trees: z
    .object({ depth: z.int().min(1).max(8), columns, thresholds: z.base64(), leaves: z.base64() })
    .optional(),
});

/** JSON bytes of a head; float32 values as base64 of little-endian bytes. */
export function toHeadBytes({
  inputs,
  mean,
  scale,
  alignment,
  encoding,
  layers,
  trees,
}: HeadWeights): Uint8Array {
  const stored: z.infer<typeof storedHeadSchema> = {
    inputs: [...inputs],
    mean: toBase64(mean),
    scale: toBase64(scale),
    ...(alignment && {
      alignment: { matrix: toBase64(alignment.matrix), offset: toBase64(alignment.offset) },
    }),
    ...(encoding && {
      encoding: {
        columns: [...encoding.columns],
        starts: toBase64(encoding.starts),
        slopes: toBase64(encoding.slopes),
      },
    }),
    layers: layers.map((layer) => ({
      inputs: layer.inputs,
      outputs: layer.outputs,
      weights: toBase64(layer.weights),
      bias: toBase64(layer.bias),
    })),
    ...(trees && {
      trees: {
        depth: trees.depth,
        columns: [...trees.columns],
        thresholds: toBase64(trees.thresholds),
        leaves: toBase64(trees.leaves),
      },
    }),
  };
  return new TextEncoder().encode(JSON.stringify(stored));
}

/**
 * Reads a head written by `toHeadBytes`.
 * @throws AppError FRAUD_MODEL_INVALID when shapes do not fit together
 */
export function parseHead(bytes: Uint8Array): HeadWeights {
  const parsed = storedHeadSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) throw new AppError('FRAUD_MODEL_INVALID', { detail: z.prettifyError(parsed.error) });
  const { inputs, mean, scale, alignment, encoding, layers, trees } = parsed.data;
  const head: HeadWeights = {
    inputs,
    mean: fromBase64(mean),
    scale: fromBase64(scale),
    ...(alignment && {
      alignment: { matrix: fromBase64(alignment.matrix), offset: fromBase64(alignment.offset) },
    }),
    ...(encoding && {
      encoding: {
        columns: Int32Array.from(encoding.columns),
        starts: fromBase64(encoding.starts),
        slopes: fromBase64(encoding.slopes),
      },
    }),
    layers: layers.map((layer) => ({
      inputs: layer.inputs,
      outputs: layer.outputs,
      weights: fromBase64(layer.weights),
      bias: fromBase64(layer.bias),
    })),
    ...(trees && {
      trees: {
        depth: trees.depth,
        columns: Int32Array.from(trees.columns),
        thresholds: fromBase64(trees.thresholds),
        leaves: fromBase64(trees.leaves),
      },
    }),
  };
  if (!hasFittingLayers(head) || !hasFittingParts(head)) {
    throw new AppError('FRAUD_MODEL_INVALID', { detail: 'The layers of a head do not fit together.' });
  }
  return head;
}

function hasFittingLayers(head: HeadWeights): boolean {
  let width = firstWidthOf(head);
  for (const layer of head.layers) {
    const fits =
      layer.inputs === width &&
      layer.weights.length === layer.inputs * layer.outputs &&
      layer.bias.length === layer.outputs;
    if (!fits) return false;
    width = layer.outputs;
  }
  return width === 1;
}

function hasFittingParts({ inputs, mean, scale, alignment, encoding, trees }: HeadWeights): boolean {
  const isEncodingFitting =
    encoding === undefined ||
    (encoding.starts.length === encoding.columns.length &&
      encoding.slopes.length === encoding.columns.length &&
      encoding.columns.every((column) => column < inputs.length));
  return (
    mean.length === inputs.length &&
    scale.length === inputs.length &&
    isEncodingFitting &&
    (alignment === undefined || hasFittingSize(alignment, inputs.length)) &&
    (trees === undefined || hasFittingTrees(trees, inputs.length))
  );
}

function toBase64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const values = new Float32Array(bytes.byteLength >> 2);
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.byteLength));
  return values;
}

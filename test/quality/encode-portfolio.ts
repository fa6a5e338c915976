// test/quality/encode-portfolio.ts: rows of a simulated portfolio → head inputs, through the encoder that scoring uses.
import type { EncoderConfig } from '../../shared/encoder/definition.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import type { HeadRows } from '../../shared/head/fit-head.ts';
import { fullHeadInputs, writeHeadInput } from '../../shared/head/head-inputs.ts';
import type { PortfolioRow } from './simulated-data.ts';

const CHUNK_ROWS = 512;
const NO_FEATURES = new Float32Array(0);

export interface PortfolioEncoder {
  readonly model: Uint8Array;
  readonly encoderVersion: string;
  readonly config: EncoderConfig;
}

/** All inputs of a head for every row, in order, with label and weight. */
export async function encodePortfolio(
  rows: readonly PortfolioRow[],
  reference: PopulationReference,
  { model, encoderVersion, config }: PortfolioEncoder,
): Promise<HeadRows> {
  const inputs = fullHeadInputs(config);
  const values = new Float32Array(rows.length * inputs.length);
  const encoder = await createOnnxEncoder({
    encoderModel: model,
    encoderVersion,
    config,
    heads: [],
    references: { '*': reference },
  });
  try {
    for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
      const chunk = rows.slice(start, start + CHUNK_ROWS);
      const encoded = await encoder.encodeMany(
        chunk.map(({ context }) => ({
          ...context,
          events: context.events.slice(),
          features: NO_FEATURES,
        })),
      );
      chunk.forEach(({ context: { events, features } }, index) => {
        const at = (start + index) * inputs.length;
        const { readings } = encoded[index] ?? {};
        writeHeadInput({ readings, features, events }, values.subarray(at, at + inputs.length));
      });
    }
  } finally {
    await encoder.close();
  }
  return {
    inputs,
    values,
    labels: Uint8Array.from(rows, ({ isFraud }) => (isFraud ? 1 : 0)),
    weights: Float32Array.from(rows, ({ weight }) => weight),
  };
}

/** The rows whose index passes. */
export function selectHeadRows(rows: HeadRows, isWanted: (row: number) => boolean): HeadRows {
  const kept = Array.from(rows.labels.keys()).filter(isWanted);
  const width = rows.inputs.length;
  const values = new Float32Array(kept.length * width);
  kept.forEach((row, to) => {
    values.set(rows.values.subarray(row * width, (row + 1) * width), to * width);
  });
  return {
    inputs: rows.inputs,
    values,
    labels: Uint8Array.from(kept, (row) => rows.labels[row] ?? 0),
    weights: Float32Array.from(kept, (row) => rows.weights?.[row] ?? 1),
  };
}

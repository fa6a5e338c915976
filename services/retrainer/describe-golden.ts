// services/retrainer/describe-golden.ts: rows of the test window and invented contexts, and what the version says of them: a scorer compares before it serves.
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { writeHeadGraph } from '../../shared/head/head-graph.ts';
import { createPlainHead, type HeadWeights } from '../../shared/head/head-weights.ts';
import { inventContexts } from '../../shared/scoring/golden-contexts.ts';
import { GOLDEN_ROWS_FILE, notePasses, toGoldenBytes } from '../../shared/scoring/golden-rows.ts';
import { type TrainingSet, windowRows } from '../../shared/training-set/training-set.ts';
import type { BuiltEncoder } from '../../shared/transfer/transfer-inputs.ts';

const GOLDEN_ROWS = 64;
/** Enough for scores that differ by half a thousandth of a logit; fewer digits are the same on more machines. */
const DIGITS = 4;
const round = (score: number): number => Number(score.toFixed(DIGITS));

/** The same version gives the same bytes on one machine. */
export async function describeGolden(version: {
  readonly set: TrainingSet;
  readonly encoder: BuiltEncoder;
  readonly head: HeadWeights;
  readonly references: Readonly<Record<string, PopulationReference>>;
}): Promise<readonly [string, Uint8Array]> {
  const { set, encoder, head, references } = version;
  const rows = windowRows(set, 'test');
  const width = set.inputs.length;
  const count = Math.min(GOLDEN_ROWS, rows.labels.length);
  const values = rows.values.slice(0, count * width);
  const plain = createPlainHead(head);
  const rawScores = Array.from({ length: count }, (_, row) =>
    round(plain.scoreOne(values.subarray(row * width, (row + 1) * width))),
  );
  const started = await createOnnxEncoder({
    encoderModel: encoder.model,
    encoderVersion: encoder.encoderVersion,
    config: encoder.config,
    heads: [
      { modelVersion: 'golden', graph: writeHeadGraph(head, { encoderVersion: encoder.encoderVersion }) },
    ],
    references,
    provider: 'cpu',
    workers: 1,
  });
  const passes = await notePasses(started, inventContexts(Object.keys(references))).finally(() =>
    started.close(),
  );
  return [
    GOLDEN_ROWS_FILE,
    toGoldenBytes({
      inputs: width,
      values: Buffer.from(values.buffer).toString('base64'),
      rawScores,
      passes: passes.map((pass) => ({ ...pass, rawScore: round(pass.rawScore) })),
    }),
  ];
}

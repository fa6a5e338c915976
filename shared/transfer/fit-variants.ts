// shared/transfer/fit-variants.ts: the technique's head, and the controls that keep it honest, each fitted and scored on the same rows.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { randomWeights } from '../encoder/definition.ts';
import { type Alignment, fitAlignment, measureEmbeddings } from '../head/alignment.ts';
import type { HeadWeights } from '../head/head-weights.ts';
import type { TensorFlow } from '../training/backend.ts';
import { scoreRows } from '../training/judge-head.ts';
import { shuffle } from '../training/shuffle.ts';
import type { OnProgress } from './prepare-encoder.ts';
import { measureSourceEmbeddings } from './source-embeddings.ts';
import { type ControlName, isAdapting, type TransferConfig } from './transfer-config.ts';
import {
  alignRows,
  chooseHeadKind,
  fitFeaturesOnlyHead,
  fitTransferHead,
  type HeadKind,
  type HeadOptions,
} from './transfer-heads.ts';
import { type BuiltEncoder, buildEncoder, encodeWindows, type WindowInputs } from './transfer-inputs.ts';
import type { TransferRows } from './transfer-rows.ts';

export interface Variants {
  readonly kind: HeadKind;
  readonly full: HeadWeights;
  readonly featuresOnly: HeadWeights;
  /** Raw scores of the test window: the technique first, then each control. */
  readonly scores: ReadonlyMap<string, Float32Array>;
}

export interface VariantOptions {
  readonly tf: TensorFlow;
  readonly config: TransferConfig;
  readonly rows: TransferRows;
  readonly given: BuiltEncoder;
  readonly encoder: BuiltEncoder;
  readonly inputs: WindowInputs;
  /** Inputs by the encoder as it was given. */
  readonly asGiven: WindowInputs;
  readonly onProgress: OnProgress;
}

/** The map from the target's embeddings to the population the encoder comes from; undefined when the technique aligns nothing. */
async function findAlignment({
  config,
  encoder,
  given,
  inputs,
}: VariantOptions): Promise<Alignment | undefined> {
  if (!isAdapting(config) || !config.adaptation.alignment) return undefined;
  const { values, inputs: names } = inputs.training;
  const target = measureEmbeddings(values, names.length, encoder.config.width);
  return fitAlignment(target, await measureSourceEmbeddings(given));
}

/** Labels in another order: the same number of frauds, on rows chosen by chance. */
function shuffleLabels(labels: Uint8Array, seed: number): Uint8Array {
  const shuffled = labels.slice();
  shuffle(shuffled, xoroshiro128plus(seed));
  return shuffled;
}

export async function fitVariants(options: VariantOptions): Promise<Variants> {
  const { tf, config, inputs, onProgress } = options;
  const kind = chooseHeadKind(config, inputs.training);
  const headOptions = (name: string): HeadOptions => ({
    tf,
    config,
    kind,
    onProgress: (share) => onProgress(`head: ${name}`, Math.round(100 * share), 100),
  });
  const alignment = await findAlignment(options);
  const full = await fitAligned(inputs, alignment, headOptions(config.technique));
  const featuresOnly = await fitFeaturesOnlyHead(inputs.training, headOptions('features only'));
  const scores = new Map([[config.technique as string, scoreRows(full, inputs.test)]]);
  for (const control of config.controls) {
    const judged = await scoreControl(control, options, { featuresOnly, headOptions: headOptions(control) });
    if (judged) scores.set(control, judged);
  }
  return { kind, full, featuresOnly, scores };
}

/** A head fitted in the aligned space that carries the alignment, so that it reads readings as they come. */
async function fitAligned(
  { training }: WindowInputs,
  alignment: Alignment | undefined,
  options: HeadOptions,
): Promise<HeadWeights> {
  if (!alignment) return fitTransferHead(training, options);
  return { ...(await fitTransferHead(alignRows(training, alignment), options)), alignment };
}

async function scoreControl(
  control: ControlName,
  { config, rows, given, inputs, asGiven, onProgress }: VariantOptions,
  { featuresOnly, headOptions }: { readonly featuresOnly: HeadWeights; readonly headOptions: HeadOptions },
): Promise<Float32Array | undefined> {
  const fitAndScore = async (on: WindowInputs, labels = on.training.labels) =>
    scoreRows(await fitTransferHead({ ...on.training, labels }, headOptions), on.test);
  switch (control) {
    case 'features-only':
      return scoreRows(featuresOnly, inputs.test);
    case 'shuffled-labels':
      return fitAndScore(inputs, shuffleLabels(inputs.training.labels, config.seed));
    case 'as-given':
      return config.technique === 'feature-extraction' ? undefined : fitAndScore(asGiven);
    case 'random-weights': {
      // An imported encoder is a finished model: there is no definition to draw weights for.
      if (!given.weights) return undefined;
      const random = buildEncoder(given.config, randomWeights(given.config, config.seed));
      const encoded = await encodeWindows(rows, random, (done, all) =>
        onProgress('encoding: random weights', done, all),
      );
      return fitAndScore(encoded);
    }
  }
}

// shared/training/measure-held-out.ts: losses of finished weights on traffic they were not trained on.
import { type EncoderConfig, type EncoderWeights, weightShapes } from '../encoder/definition.ts';
import type { TensorFlow } from './backend.ts';
import { createNetwork } from './forward.ts';
import type { PackedStream } from './packed-stream.ts';
import { type Losses, measureLosses, type PretrainSettings } from './pretrain-encoder.ts';
import type { WeightTensors } from './tensor-ops.ts';

/** What the weights belong to, and how windows are drawn. */
export interface HeldOutMeasure {
  readonly tf: TensorFlow;
  readonly config: EncoderConfig;
  readonly settings: PretrainSettings;
}

/** Mean loss per next event, nats, by task and in all, on fixed windows of `stream` without dropout. */
export function measureHeldOut(
  { tf, config, settings }: HeldOutMeasure,
  weights: EncoderWeights,
  stream: PackedStream,
): Losses {
  const network = createNetwork(tf, config);
  const asTensors = (): WeightTensors =>
    Object.fromEntries(
      weightShapes(config).map(({ name, shape }) => [
        name,
        tf.tensor(weights.get(name) ?? new Float32Array(), [...shape]),
      ]),
    );
  const sampling = { ...settings, length: config.window };
  return measureLosses({ tf, network, optimiser: { weights: asTensors } }, stream, sampling);
}

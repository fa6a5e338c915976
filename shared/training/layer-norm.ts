// shared/training/layer-norm.ts: layer normalisation over the last axis, with its gradient written out: a third of the passes over memory.
import type { Tensor } from '@tensorflow/tfjs';
import type { TensorFlow } from './backend.ts';

/** Must equal the attribute of the ONNX graph. */
export const LAYER_NORM_EPSILON = 1e-5;

/** (value, gain, bias) → gain · (value − mean) / standard deviation + bias. */
export function createLayerNorm(tf: TensorFlow): (value: Tensor, gain: Tensor, bias: Tensor) => Tensor {
  const normalise = tf.customGrad((value, save) => {
    const input = value as Tensor;
    const centred = input.sub(input.mean(-1, true));
    const scale = tf.rsqrt(centred.square().mean(-1, true).add(LAYER_NORM_EPSILON));
    const normal = centred.mul(scale);
    (save as (tensors: Tensor[]) => void)([normal, scale]);
    return {
      value: normal,
      gradFunc: (upstream: Tensor, saved: Tensor[]) => {
        const [unit, by] = saved as [Tensor, Tensor];
        const along = upstream.mul(unit).mean(-1, true);
        return upstream.sub(upstream.mean(-1, true)).sub(unit.mul(along)).mul(by);
      },
    };
  });
  return (value, gain, bias) => normalise(value).mul(gain).add(bias);
}

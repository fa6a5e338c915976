// shared/training/read-outputs.ts: outputs of the tfjs forward pass in the shape of the ONNX graph's: to hold the two together.
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs';
import { CHANNEL_COUNT, type EncoderInputs, ID_COUNT, SURPRISE_POSITIONS } from '../encoder/channels.ts';
import {
  type EncoderConfig,
  type EncoderWeights,
  READ_POSITIONS,
  weightShapes,
} from '../encoder/definition.ts';
import type { EncoderOutputs } from '../encoder/readings.ts';
import { TARGET_COUNT, TARGETS } from '../encoder/targets.ts';
import type { TensorFlow } from './backend.ts';
import { createNetwork } from './forward.ts';

const data = (tensor: Tensor): Float32Array => Float32Array.from(tensor.dataSync());

/** −log₂ p of the targets, 0 where there is none: (B, SURPRISE_POSITIONS). */
function bitsOf(tf: TensorFlow, logits: Tensor, target: Tensor): Tensor {
  const bins = logits.shape[2] ?? 1;
  const ofRead = tf.logSoftmax(logits.slice([0, 0, 0], [-1, SURPRISE_POSITIONS, -1]));
  const oneHot = tf.oneHot(target.flatten() as Tensor1D, bins).toFloat();
  const bits = oneHot
    .mul(ofRead.reshape([-1, bins]))
    .sum(-1)
    .mul(-Math.LOG2E);
  return bits.reshape([-1, SURPRISE_POSITIONS]);
}

/** One pass in tfjs over the inputs of one batch. */
export function readOutputs(
  { tf, config }: { tf: TensorFlow; config: EncoderConfig },
  weights: EncoderWeights,
  inputs: EncoderInputs,
): EncoderOutputs {
  const { rows, length, targets } = inputs;
  const network = createNetwork(tf, config);
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      weightShapes(config).map(({ name, shape }) => [name, tf.tensor(weights.get(name) ?? [], [...shape])]),
    );
    const states = network.states(
      tensors,
      {
        channels: tf.tensor3d(inputs.channels, [rows, length, CHANNEL_COUNT]),
        ids: tf.tensor3d(inputs.ids, [rows, length, ID_COUNT], 'int32'),
        mask: tf.tensor2d(inputs.mask, [rows, length]),
      },
      READ_POSITIONS,
    );
    // One more position, the state after x, has no next event: its forecasts are plain.
    const given = tf.tensor3d(targets, [rows, SURPRISE_POSITIONS, TARGET_COUNT], 'int32');
    const columns = tf.unstack(
      tf.concat([given, tf.fill([rows, 1, TARGET_COUNT], -1, 'int32') as Tensor3D], 1),
      2,
    );
    const column = (field: keyof typeof TARGETS): Tensor => columns[TARGETS[field]] ?? tf.scalar(0);
    const known = (field: keyof typeof TARGETS) => column(field).slice([0, 0], [-1, SURPRISE_POSITIONS]);
    const plain = network.plainForecasts(tensors, states);
    const hour = network.hourForecast(tensors, states, column('gap'));
    const conditions = [{ category: column('category'), hour: column('hour') }];
    const amount = network.amountForecasts(tensors, states, conditions)[0] ?? hour;
    const logits = { ...plain, hour, amount };
    const fields = Object.keys(TARGETS) as (keyof typeof TARGETS)[];
    const surprise = tf.stack(
      fields.map((field) => bitsOf(tf, logits[field], known(field))),
      2,
    );
    const afterX = (value: Tensor) => value.slice([0, SURPRISE_POSITIONS, 0], [-1, 1, -1]);
    return {
      width: config.width,
      embedding: data(afterX(states)),
      forecastAmount: data(tf.logSoftmax(afterX(amount))),
      forecastHour: data(tf.logSoftmax(afterX(hour))),
      surprise: data(surprise),
      targets,
    };
  });
}

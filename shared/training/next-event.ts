// shared/training/next-event.ts: the pretraining objective: from the state after each event, forecast the next one. No labels.
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs';
import { CHANNEL_COUNT, ID_COUNT } from '../encoder/channels.ts';
import { TARGET_COUNT, TARGETS } from '../encoder/targets.ts';
import type { TensorFlow } from './backend.ts';
import type { InputTensors, Network } from './forward.ts';
import { createCrossEntropy } from './fused-gradients.ts';
import type { WeightTensors } from './tensor-ops.ts';
import type { WindowBatch } from './window-sampler.ts';

/** What is forecast, in the order of the losses. Conditions are parts of the same next event. */
export const taskNames = [
  'gap',
  'hour',
  'hour-given-gap',
  'category',
  'amount',
  'amount-given-category',
  'amount-given-category-and-hour',
  'entry-mode',
  'same-merchant',
] as const;
export type TaskName = (typeof taskNames)[number];

/** Tensors of one batch; dispose them after the step. */
export interface BatchTensors extends InputTensors {
  readonly nextEvents: Tensor3D; // (B, T, TARGET_COUNT), int32
}

export function toTensors(tf: TensorFlow, { inputs, nextEvents }: WindowBatch): BatchTensors {
  const { rows, length } = inputs;
  return {
    channels: tf.tensor3d(inputs.channels, [rows, length, CHANNEL_COUNT]),
    ids: tf.tensor3d(inputs.ids, [rows, length, ID_COUNT], 'int32'),
    mask: tf.tensor2d(inputs.mask, [rows, length]),
    nextEvents: tf.tensor3d(nextEvents, [rows, length, TARGET_COUNT], 'int32'),
  };
}

export function disposeTensors(tensors: BatchTensors): void {
  for (const tensor of [tensors.channels, tensors.ids, tensors.mask, tensors.nextEvents]) tensor.dispose();
}

/** Losses by task (nats, summed over the batch), in the order of `taskNames`: (tasks). Every position is trained. */
export function taskLosses(
  tf: TensorFlow,
  network: Network,
  weights: WeightTensors,
  batch: BatchTensors,
): Tensor1D {
  const crossEntropy = createCrossEntropy(tf);
  const states = network.states(weights, batch);
  const columns = tf.unstack(batch.nextEvents, 2); // each (B, T)
  const target = (field: keyof typeof TARGETS): Tensor => columns[TARGETS[field]] ?? tf.zerosLike(batch.mask);
  const plain = network.plainForecasts(weights, states);
  const [category, hour, gap] = [target('category'), target('hour'), target('gap')];
  const amounts = network.amountForecasts(weights, states, [{}, { category }, { category, hour }]);
  const ofAmount = amounts.map((each) => crossEntropy(each, target('amount')));
  return tf.stack([
    crossEntropy(plain.gap, gap),
    crossEntropy(network.hourForecast(weights, states), hour),
    crossEntropy(network.hourForecast(weights, states, gap), hour),
    crossEntropy(plain.category, category),
    ...ofAmount,
    crossEntropy(plain.entryMode, target('entryMode')),
    crossEntropy(plain.sameMerchant, target('sameMerchant')),
  ]) as Tensor1D;
}

// shared/training/fine-tune-head.ts: the head that gives fine-tuning its gradient: one hidden layer on embedding ‖ other inputs.
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import type { EncoderConfig, WeightShape } from '../encoder/definition.ts';
import type { TensorFlow } from './backend.ts';
import { named, type TensorOps, type WeightTensors } from './tensor-ops.ts';

/** Weights of the head; trained beside the encoder's, kept by nobody. */
export function headShapes({ width }: EncoderConfig, others: number, hidden: number): WeightShape[] {
  const inputs = width + others;
  return [
    { name: 'head.hidden.weight', shape: [inputs, hidden], spread: Math.SQRT2 / Math.sqrt(inputs) },
    { name: 'head.hidden.bias', shape: [hidden], spread: 0 },
    { name: 'head.out.weight', shape: [hidden, 1], spread: 0.3 / Math.sqrt(hidden) },
    { name: 'head.out.bias', shape: [1], spread: 0 },
  ];
}

/** Logits (B, 1) from embeddings (B, H) and the other inputs (B, D). */
export function headLogits(
  { tf, ops }: { readonly tf: TensorFlow; readonly ops: TensorOps },
  weights: WeightTensors,
  embedding: Tensor2D,
  others: Tensor2D,
): Tensor2D {
  const hidden = ops.relu(ops.dense(weights, tf.concat([embedding, others], 1), 'head.hidden'));
  return tf.add(
    tf.matMul(hidden as Tensor2D, named<Tensor2D>(weights, 'head.out.weight')),
    named(weights, 'head.out.bias'),
  );
}

/** Weighted mean of the log-loss: log(1 + e^z) − y z. */
export function logLoss(tf: TensorFlow, logits: Tensor2D, labels: Tensor2D, weights: Tensor2D): Scalar {
  const losses = tf.sub(tf.softplus(logits), tf.mul(labels, logits));
  return tf.div(tf.sum(tf.mul(weights, losses)), tf.maximum(tf.sum(weights), 1e-6)).asScalar();
}

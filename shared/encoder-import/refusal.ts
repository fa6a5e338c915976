// shared/encoder-import/refusal.ts: the reasons for which an encoder of others is refused, each with a name of its own.
import { AppError } from '../errors.ts';

export const refusalReasons = [
  'manifest', // does not say what is needed
  'too-large', // more bytes, nodes or weights than are allowed
  'digest', // the file is not the one the manifest was written for
  'no-onnx', // cannot be parsed: truncated, or something else
  'operator-set', // older or newer than what is run here
  'custom-operator', // an operator that is not of ONNX's own set
  'control-flow', // loops and branches have no bound on their time
  'external-data', // names other files
  'weights', // a tensor that does not hold what its shape says
  'inputs', // other inputs than the manifest names
  'outputs', // other outputs than the manifest names
  'shape', // answers of another shape
  'not-finite', // NaN or ∞ in an answer
  'constant', // the same embedding for different histories
  'padding', // an answer that depends on how far a row is filled up
  'batch', // an answer that depends on what a row is batched with
  'runtime', // ONNX Runtime would not load or run it
  'memory', // more memory than is allowed
  'time', // more time than is allowed
  'crash', // the process that tried it ended
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export const isRefusalReason = (value: unknown): value is RefusalReason =>
  refusalReasons.some((reason) => reason === value);

/** An error that names its reason, says what was found and, by the catalogue, what to do. */
export function refuse(reason: RefusalReason, detail: string, cause?: unknown): AppError {
  return new AppError('FRAUD_ENCODER_REFUSED', {
    detail,
    facts: { reason },
    ...(cause !== undefined && { cause }),
  });
}

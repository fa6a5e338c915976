// shared/training/checkpoint-file.ts: a pretraining run's checkpoint on disk: one safetensors file, replaced atomically.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromSafetensors, type NamedTensor, toSafetensors } from '../encoder/safetensors.ts';
import { AppError } from '../errors.ts';
import type { Checkpoint, CurvePoint } from './pretrain-encoder.ts';

const vectors = ['weights', 'mean', 'square'] as const;

/** @param run identifies settings and data: a checkpoint is only resumed by the run that wrote it */
export function writeCheckpoint(file: string, { state, curve }: Checkpoint, run: string): void {
  const tensors = new Map<string, NamedTensor>(
    vectors.map((name) => [name, { shape: [state[name].length], values: state[name] }]),
  );
  mkdirSync(dirname(file), { recursive: true });
  const metadata = { step: String(state.step), curve: JSON.stringify(curve), run };
  writeFileSync(`${file}.part`, toSafetensors(tensors, metadata));
  renameSync(`${file}.part`, file);
}

/**
 * The checkpoint in `file`; undefined when there is none, or one of another run.
 * @throws AppError FRAUD_MODEL_INVALID when the file is damaged
 */
export function readCheckpoint(file: string, run: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = fromSafetensors(readFileSync(file));
  if (metadata.run !== run) return undefined;
  const read = (name: (typeof vectors)[number]): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor)
      throw new AppError('FRAUD_MODEL_INVALID', { field: name, detail: 'Missing in the checkpoint.' });
    return tensor.values;
  };
  const curve: CurvePoint[] = JSON.parse(metadata.curve ?? '[]');
  return {
    state: {
      step: Number(metadata.step),
      weights: read('weights'),
      mean: read('mean'),
      square: read('square'),
    },
    curve,
  };
}

// shared/transfer/stage-files.ts: results and checkpoints of a transfer's stages in its run folder: what is there is not made again.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncoderConfig, EncoderWeights } from '../encoder/definition.ts';
import { fromSafetensors, type NamedTensor, toSafetensors } from '../encoder/safetensors.ts';
import { fromWeightFile, toWeightFile } from '../encoder/weight-file.ts';
import type { FineTuneCheckpoint } from '../training/fine-tune.ts';

function writeAtomically(file: string, bytes: Uint8Array): void {
  writeFileSync(`${file}.part`, bytes);
  renameSync(`${file}.part`, file);
}

/** A stage that ends with encoder weights and facts about how they were made. */
export interface WeightStage<Facts> {
  readonly weights: EncoderWeights;
  readonly facts: Facts;
}

/**
 * The result of stage `name`, from the run folder when it was finished before, otherwise made and kept there.
 * @param parse checks the stored facts
 */
export async function keepWeights<Facts>(
  {
    folder,
    name,
    config,
  }: { readonly folder: string; readonly name: string; readonly config: EncoderConfig },
  parse: (stored: unknown) => Facts,
  make: () => Promise<WeightStage<Facts>>,
): Promise<WeightStage<Facts>> {
  const file = join(folder, `${name}.safetensors`);
  if (existsSync(file)) {
    const { weights, metadata } = fromWeightFile(readFileSync(file));
    return { weights, facts: parse(JSON.parse(metadata.facts ?? 'null')) };
  }
  mkdirSync(folder, { recursive: true });
  const made = await make();
  writeAtomically(file, toWeightFile(config, made.weights, { facts: JSON.stringify(made.facts) }));
  rmSync(checkpointFile(folder, name), { force: true });
  return made;
}

/** Where the checkpoint of a stage lies while the stage runs. */
export const checkpointFile = (folder: string, name: string): string =>
  join(folder, `${name}-checkpoint.safetensors`);

const vectors = ['weights', 'mean', 'square', 'average', 'best'] as const;

export function writeFineTuneCheckpoint(file: string, { state, best, curve }: FineTuneCheckpoint): void {
  const named = { ...state, average: state.average ?? state.weights, best };
  const tensors = vectors.map((name): [string, NamedTensor] => [
    name,
    { shape: [named[name].length], values: named[name] },
  ]);
  const metadata = { step: String(state.step), curve: JSON.stringify(curve) };
  writeAtomically(file, toSafetensors(new Map(tensors), metadata));
}

/** The checkpoint in `file`; undefined when there is none. */
export function readFineTuneCheckpoint(file: string): FineTuneCheckpoint | undefined {
  if (!existsSync(file)) return undefined;
  const { tensors, metadata } = fromSafetensors(readFileSync(file));
  const read = (name: (typeof vectors)[number]) => tensors.get(name)?.values ?? new Float32Array();
  const state = {
    step: Number(metadata.step),
    weights: read('weights'),
    mean: read('mean'),
    square: read('square'),
    average: read('average'),
  };
  return { state, best: read('best'), curve: JSON.parse(metadata.curve ?? '[]') };
}

// shared/encoder-import/import-encoder.ts: READ FIRST: a foreign ONNX file and its manifest → tried in a process of its own → registered beside the shipped encoders, or refused.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelNames } from '../encoder/channels.ts';
import {
  loadPretrained,
  PRETRAINED_FILES,
  type PretrainedEncoder,
  type PretrainedManifest,
  sha256Of,
} from '../encoder/pretrained.ts';
import { readingNames } from '../encoder/readings.ts';
import { AppError } from '../errors.ts';
import { WINDOW } from '../sequence/packed-event.ts';
import { type ForeignManifest, parseForeignManifest, providedReadings } from './foreign-manifest.ts';
import { runTrial, type TrialLimits } from './run-trial.ts';
import type { TrialAnswer } from './trial-message.ts';

export interface ImportOrder {
  /** ONNX file. */
  readonly model: string;
  /** JSON file (shared/encoder-import/foreign-manifest.ts). */
  readonly manifest: string;
  /** Where imported encoders lie; each gets a directory named by its version. */
  readonly directory: string;
  readonly limits?: TrialLimits;
}

type Taken = Extract<TrialAnswer, { kind: 'taken' }>;

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${file} cannot be read.`, cause });
  }
}

function toManifest(
  foreign: ForeignManifest,
  model: Uint8Array,
  { figures, peakMegabytes }: Taken,
): PretrainedManifest {
  const sha256 = sha256Of(model);
  const { size } = foreign.outputs.embedding;
  return {
    formatVersion: 1,
    encoderVersion: `${foreign.name}-${sha256.slice(0, 12)}`,
    // Of an imported model only the width is known: it is not made from our definition.
    config: { name: foreign.name, width: size, layers: 0, heads: 0, feedForward: 0, window: WINDOW },
    channels: [...channelNames],
    readings: readingNames({ width: size }),
    objective: foreign.description || 'not told',
    data: { domain: 'not told' },
    settings: {},
    heldOutLosses: {},
    baselineLosses: {},
    command: 'fraudctl encoders import',
    imported: {
      manifest: { ...foreign },
      readings: providedReadings(foreign),
      trial: { ...figures, peakMegabytes },
    },
    files: { [PRETRAINED_FILES.model]: { sha256, bytes: model.length } },
  };
}

function writeCard(foreign: ForeignManifest, { encoderVersion }: PretrainedManifest, taken: Taken): string {
  const { figures, peakMegabytes } = taken;
  const { inputs, outputs, padding, window } = foreign;
  return `# ${encoderVersion}

Imported; its weights belong to whoever made it. ${foreign.description}

- Reads ${inputs.channels.fields.length} channels (${inputs.channels.fields.join(', ')})${inputs.ids ? `, codes of ${inputs.ids.fields.join(', ')}` : ''}, of at most ${window} events, filled up on the ${padding}.
- Gives ${providedReadings(foreign).join(', ')}; embedding of ${outputs.embedding.size}. Readings it does not give are constants.
- Tried here: ${figures.millisecondsPerThousandRows.toFixed(0)} ms per 1,000 full rows on one core, ${peakMegabytes.toFixed(0)} MB at most; the same history differs by ${figures.paddingDifference.toExponential(1)} between padded lengths.
- Techniques that change weights (fine-tuning, continued pretraining) cannot be used with it.
`;
}

/** Whole or not at all: written beside, then moved. */
function register(
  directory: string,
  manifest: PretrainedManifest,
  files: Readonly<Record<string, Uint8Array | string>>,
): string {
  mkdirSync(directory, { recursive: true });
  const place = join(directory, manifest.encoderVersion);
  const beside = mkdtempSync(join(directory, '.new-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(beside, name), content);
  try {
    renameSync(beside, place);
  } catch (cause) {
    rmSync(beside, { recursive: true, force: true });
    // The same bytes have the same name: it is there already.
    if (
      !(cause instanceof Error && 'code' in cause && (cause.code === 'ENOTEMPTY' || cause.code === 'EEXIST'))
    )
      throw cause;
  }
  return place;
}

/**
 * Takes an encoder that was trained anywhere.
 * @returns the registered encoder, and where it lies
 * @throws AppError FRAUD_ENCODER_REFUSED with facts.reason; nothing is registered then
 */
export async function importEncoder(
  order: ImportOrder,
): Promise<{ readonly encoder: PretrainedEncoder; readonly place: string }> {
  const foreign = parseForeignManifest(readText(order.manifest));
  const scratch = mkdtempSync(join(tmpdir(), 'fraud-import-'));
  try {
    // What is tried is what is looked at: a copy that nobody changes meanwhile.
    const copy = { model: join(scratch, 'theirs.onnx'), manifest: join(scratch, 'theirs.json') };
    try {
      cpSync(order.model, copy.model);
    } catch (cause) {
      throw new AppError('FRAUD_INPUT_INVALID', { detail: `${order.model} cannot be read.`, cause });
    }
    writeFileSync(copy.manifest, JSON.stringify(foreign));
    const output = join(scratch, 'composed.onnx');
    const taken = await runTrial({ ...copy, output }, order.limits);
    const model = new Uint8Array(readFileSync(output));
    const manifest = toManifest(foreign, model, taken);
    const place = register(order.directory, manifest, {
      [PRETRAINED_FILES.manifest]: `${JSON.stringify(manifest, undefined, 2)}\n`,
      [PRETRAINED_FILES.model]: model,
      [PRETRAINED_FILES.card]: writeCard(foreign, manifest, taken),
    });
    return { encoder: loadPretrained(place), place };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

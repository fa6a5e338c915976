// shared/training/write-pretrained.ts: a pretrained encoder as files: ONNX, safetensors, manifest with digests, curves, model card.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { channelNames } from '../encoder/channels.ts';
import type { EncoderConfig, EncoderWeights } from '../encoder/definition.ts';
import { toOnnxModel } from '../encoder/onnx-graph.ts';
import { PRETRAINED_FILES, type PretrainedManifest, sha256Of } from '../encoder/pretrained.ts';
import { readingNames } from '../encoder/readings.ts';
import { toWeightFile } from '../encoder/weight-file.ts';
import { drawCurves } from './draw-curves.ts';
import { writeEncoderCard } from './encoder-card.ts';
import type { TaskName } from './next-event.ts';
import type { CurvePoint, PretrainSettings } from './pretrain-encoder.ts';

export interface PretrainingRecord {
  readonly config: EncoderConfig;
  readonly weights: EncoderWeights;
  readonly settings: PretrainSettings;
  readonly curve: readonly CurvePoint[];
  /** Facts about the traffic: where from, how many portfolios, cards and events. */
  readonly data: Readonly<Record<string, string | number>>;
  readonly baselineLosses: Readonly<Record<TaskName, number>>;
  /** Losses on the accounts' own histories, when there were any. */
  readonly accounts?: Required<PretrainedManifest>['accounts'];
  /** The command that makes it again. */
  readonly command: string;
}

const OBJECTIVE =
  'Next-event forecasting: from the state after each event, the gap, hour (plain and given the gap), category, amount ' +
  '(plain, given the category, given category and hour), entry mode and whether the merchant is known to the card.';

/** Version named by content: the same weights have the same name everywhere. */
const versionOf = (config: EncoderConfig, model: Uint8Array): string =>
  `${config.name}-${sha256Of(model).slice(0, 12)}`;

/** Writes all files into `directory` and returns the manifest. */
export async function writePretrained(
  directory: string,
  record: PretrainingRecord,
): Promise<PretrainedManifest> {
  const { config, weights, curve } = record;
  const model = toOnnxModel(config, weights);
  const encoderVersion = versionOf(config, model);
  const safetensors = toWeightFile(config, weights, { encoderVersion, config: JSON.stringify(config) });
  const curves = Buffer.from(await drawCurves(curve, `Pretraining of ${encoderVersion}`));
  const digest = (bytes: Uint8Array) => ({ sha256: sha256Of(bytes), bytes: bytes.byteLength });
  const last = curve.at(-1);
  const manifest: PretrainedManifest = {
    formatVersion: 1,
    encoderVersion,
    config: { ...config },
    channels: [...channelNames],
    readings: readingNames(config),
    objective: OBJECTIVE,
    data: { ...record.data },
    settings: { ...record.settings },
    heldOutLosses: { ...(last?.heldOut ?? last?.training) },
    baselineLosses: { ...record.baselineLosses },
    ...(record.accounts && { accounts: record.accounts }),
    command: record.command,
    files: {
      [PRETRAINED_FILES.model]: digest(model),
      [PRETRAINED_FILES.weights]: digest(safetensors),
      [PRETRAINED_FILES.curves]: digest(curves),
    },
  };
  mkdirSync(directory, { recursive: true });
  const write = (file: string, content: string | Uint8Array) => writeFileSync(join(directory, file), content);
  write(PRETRAINED_FILES.model, model);
  write(PRETRAINED_FILES.weights, safetensors);
  write(PRETRAINED_FILES.curves, curves);
  write(PRETRAINED_FILES.card, writeEncoderCard(manifest));
  write(PRETRAINED_FILES.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

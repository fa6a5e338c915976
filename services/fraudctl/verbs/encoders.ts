// services/fraudctl/verbs/encoders.ts: `fraudctl encoders list|show|import|compare`: the pretrained encoders there are, taking others, choosing one for a portfolio.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  encoderDirectory,
  importedDirectory,
  loadPretrained,
  PRETRAINED_FILES,
  type PretrainedManifest,
  shippedDirectory,
  shippedEncoders,
} from '../../../shared/encoder/pretrained.ts';
import { importEncoder } from '../../../shared/encoder-import/import-encoder.ts';
import { registerCompare } from '../compare-encoders.ts';

interface ShowOptions {
  readonly json?: boolean;
}

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const encoders = program
    .command('encoders')
    .description('pretrained encoders: which there are, from what, which to take; and taking others');
  encoders
    .command('list')
    .description('the encoders that ship with the package, and those that were imported')
    .option('--json', 'machine-readable output')
    .action(list);
  encoders
    .command('show <encoder>')
    .description('model card of a shipped or imported encoder, or of one in a directory')
    .option('--json', 'its manifest')
    .action(show);
  encoders
    .command('import <file>')
    .description(
      'take an ONNX encoder that was trained elsewhere: checked, tried in a process of its own, registered',
    )
    .requiredOption('--manifest <file>', 'JSON: inputs, fields, padding, outputs, bin edges, digest (README)')
    .option('--directory <directory>', 'where imported encoders lie', importedDirectory())
    .option('--json', 'machine-readable output')
    .action(take);
  registerCompare(encoders);
}

interface ImportOptions {
  readonly manifest: string;
  readonly directory: string;
  readonly json?: boolean;
}

async function take(model: string, { manifest, directory, json }: ImportOptions): Promise<void> {
  if (!json) process.stderr.write(`Trying ${model} in a process of its own …\n`);
  const { encoder, place } = await importEncoder({ model, manifest, directory });
  const { encoderVersion, manifest: made } = encoder;
  const { readings = [], trial = {} } = made.imported ?? {};
  process.stdout.write(
    json
      ? `${JSON.stringify({ encoderVersion, place, readings, trial })}\n`
      : `${encoderVersion} at ${place}\nGives ${readings.join(', ')}; ${trial.millisecondsPerThousandRows?.toFixed(0)} ms per 1,000 full rows on one core.\n` +
          `Compare it with \`fraudctl encoders compare --encoders small ${encoderVersion} …\`, use it with \`fraudctl transfer --technique feature-extraction --encoder ${encoderVersion} …\`.\n`,
  );
}

/** Nats per next event over all forecasts, on held-out traffic. */
const sumOf = (losses: Readonly<Record<string, number>>): number =>
  Object.entries(losses).reduce((sum, [task, loss]) => (task === 'total' ? sum : sum + loss), 0);

function factsOf({ encoderVersion, config, data, heldOutLosses, baselineLosses, files }: PretrainedManifest) {
  return {
    encoder: config.name,
    encoderVersion,
    width: config.width,
    layers: config.layers,
    domain: String(data.domain ?? 'not told'),
    trainingEvents: Number(data['training events'] ?? Number.NaN),
    heldOutLoss: sumOf(heldOutLosses),
    baselineLoss: sumOf(baselineLosses),
    bytes: files[PRETRAINED_FILES.model]?.bytes ?? Number.NaN,
  };
}

/** Versions in the directory of imported encoders. */
function listImported(): string[] {
  const directory = importedDirectory();
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) =>
    existsSync(join(directory, name, PRETRAINED_FILES.manifest)),
  );
}

function describe({
  encoder,
  encoderVersion,
  width,
  layers,
  bytes,
  ...row
}: ReturnType<typeof factsOf>): string {
  const size = `${encoder.padEnd(10)} ${encoderVersion}  width ${width}`;
  const kilobytes = `${Math.round(bytes / 1024)} kB`;
  if (layers === 0) return `${size}, ${kilobytes}; imported\n`;
  return (
    `${size}, ${layers} layers, ${kilobytes}; ` +
    `${row.trainingEvents.toLocaleString('en')} events (${row.domain}); held-out loss ${row.heldOutLoss.toFixed(2)} nats ` +
    `per event, frequencies alone ${row.baselineLoss.toFixed(2)}\n`
  );
}

function list({ json }: ShowOptions): void {
  const there = shippedEncoders.filter((name) =>
    existsSync(join(shippedDirectory(name), PRETRAINED_FILES.manifest)),
  );
  const rows = [...there, ...listImported()].map((name) => ({
    ...factsOf(loadPretrained(name).manifest),
    encoder: name,
  }));
  process.stdout.write(json ? `${JSON.stringify(rows)}\n` : rows.map(describe).join(''));
}

function show(encoder: string, { json }: ShowOptions): void {
  const { manifest } = loadPretrained(encoder);
  const directory = encoderDirectory(encoder);
  const text = json
    ? JSON.stringify(manifest)
    : readFileSync(join(directory, PRETRAINED_FILES.card), 'utf8').trimEnd();
  process.stdout.write(`${text}\n`);
}

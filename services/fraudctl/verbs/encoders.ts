// services/fraudctl/verbs/encoders.ts: `fraudctl encoders list|show`: the pretrained encoders that ship, and what each was made from.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  loadPretrained,
  PRETRAINED_FILES,
  type PretrainedManifest,
  shippedDirectory,
  shippedEncoders,
} from '../../../shared/encoder/pretrained.ts';

interface ShowOptions {
  readonly json?: boolean;
}

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const encoders = program
    .command('encoders')
    .description('pretrained encoders: which there are, and from what');
  encoders
    .command('list')
    .description('the encoders that ship with the package')
    .option('--json', 'machine-readable output')
    .action(list);
  encoders
    .command('show <encoder>')
    .description('model card of a shipped encoder, or of one in a directory')
    .option('--json', 'its manifest')
    .action(show);
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

function list({ json }: ShowOptions): void {
  const there = shippedEncoders.filter((name) =>
    existsSync(join(shippedDirectory(name), PRETRAINED_FILES.manifest)),
  );
  const rows = there.map((name) => ({ ...factsOf(loadPretrained(name).manifest), encoder: name }));
  if (json) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  for (const row of rows) {
    process.stdout.write(
      `${row.encoder.padEnd(10)} ${row.encoderVersion}  width ${row.width}, ${row.layers} layers, ${Math.round(row.bytes / 1024)} kB; ` +
        `${row.trainingEvents.toLocaleString('en')} events (${row.domain}); held-out loss ${row.heldOutLoss.toFixed(2)} nats ` +
        `per event, frequencies alone ${row.baselineLoss.toFixed(2)}\n`,
    );
  }
}

function show(encoder: string, { json }: ShowOptions): void {
  const { manifest } = loadPretrained(encoder);
  const shipped = shippedDirectory(encoder);
  const directory = existsSync(shipped) ? shipped : encoder;
  const text = json
    ? JSON.stringify(manifest)
    : readFileSync(join(directory, PRETRAINED_FILES.card), 'utf8').trimEnd();
  process.stdout.write(`${text}\n`);
}

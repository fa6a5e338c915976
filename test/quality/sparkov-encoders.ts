// test/quality/sparkov-encoders.ts: the encoder that reads Sparkov at a prevalence, adapted to its unlabelled stream, or left with random weights.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EncoderConfig, type EncoderWeights, randomWeights } from '../../shared/encoder/definition.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import {
  type PopulationReference,
  populationReferenceSchema,
} from '../../shared/features/population-reference.ts';
import { adaptEncoder } from '../../shared/training/adapt-encoder.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import { cleanStream } from './clean-stream.ts';
import { sparkovCache } from './sparkov-store.ts';
import { measureUsual, type Prevalence, readUnlabelled } from './sparkov-streams.ts';
import { cachedWeights } from './weights-cache.ts';

export interface EncoderChoice {
  /** `shipped` and `random` are adapted; `untrained` is random weights as they are. */
  readonly start: 'shipped' | 'random' | 'untrained';
  readonly prevalence: Prevalence;
  readonly steps: number;
  readonly learningRate: number;
}

export interface PreparedEncoder {
  /** Tells it from every other. */
  readonly name: string;
  readonly config: EncoderConfig;
  readonly weights: EncoderWeights;
  /** What is usual in the unlabelled stream of this prevalence, without tails. */
  readonly reference: PopulationReference;
}

/** @param file the portfolio's transactions */
export async function prepareEncoder(file: string, choice: EncoderChoice): Promise<PreparedEncoder> {
  const { start, prevalence, steps, learningRate } = choice;
  const { encoderVersion, config, readWeights } = loadPretrained('small');
  const share = prevalence.replace('%', '');
  const reference = await keptReference(share, () => measureUsual(file, prevalence));
  const initial = start === 'shipped' ? readWeights() : randomWeights(config, 1);
  if (start === 'untrained') return { name: `untrained-${share}`, config, weights: initial, reference };
  const from = start === 'random' ? 'random' : encoderVersion;
  const name = `${from}-${share}-${steps}-${learningRate}`;
  const weights = await cachedWeights(`sparkov-${name}`, config, async () => {
    const { tf } = await chooseBackend();
    const { training, heldOut } = await readUnlabelled(file, prevalence);
    process.stdout.write(
      `adapting ${from} to ${training.eventCount} unlabelled events, ${prevalence} of them fraud\n`,
    );
    const settings = { steps, learningRate, rows: 96, seed: 1 };
    const adapted = await adaptEncoder({ tf, config, initial, stream: training, heldOut, settings });
    const { before, after } = adapted.heldOutLoss;
    process.stdout.write(`  forecast loss ${before.toFixed(2)} → ${after.toFixed(2)} nats\n`);
    return adapted.weights;
  });
  return { name, config, weights, reference };
}

/**
 * An encoder trained once more, from the same start, on the stream without the top `share` of what this one finds rare.
 * @param choice that `first` was prepared by
 */
export async function prepareCleaned(
  file: string,
  { choice, first, share }: { choice: EncoderChoice; first: PreparedEncoder; share: number },
): Promise<PreparedEncoder> {
  const { config, reference } = first;
  const name = `${first.name}-without-${share}`;
  const weights = await cachedWeights(`sparkov-${name}`, config, async () => {
    const { tf } = await chooseBackend();
    const { training, heldOut } = await readUnlabelled(file, choice.prevalence);
    const { stream, dropped } = await cleanStream(training, first, share);
    process.stdout.write(`cleaned: ${dropped} of ${training.eventCount} unlabelled events dropped\n`);
    const initial =
      choice.start === 'shipped' ? loadPretrained('small').readWeights() : randomWeights(config, 1);
    const settings = { steps: choice.steps, learningRate: choice.learningRate, rows: 96, seed: 1 };
    return (await adaptEncoder({ tf, config, initial, stream, heldOut, settings })).weights;
  });
  return { name, config, weights, reference };
}

async function keptReference(
  share: string,
  measure: () => Promise<PopulationReference>,
): Promise<PopulationReference> {
  const file = join(sparkovCache(), `reference-${share}.json`);
  if (existsSync(file)) return populationReferenceSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const reference = await measure();
  mkdirSync(sparkovCache(), { recursive: true });
  writeFileSync(file, JSON.stringify(reference));
  return reference;
}

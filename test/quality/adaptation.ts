// test/quality/adaptation.ts: does a shipped encoder earn its place? Average precision with few labels over the time spent adapting, from shipped and from random weights, on another maker's portfolio and on a simulated one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../shared/config/package-root.ts';
import { type EncoderConfig, type EncoderWeights, randomWeights } from '../../shared/encoder/definition.ts';
import { loadPretrained } from '../../shared/encoder/pretrained.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import type { PackedStream } from '../../shared/training/packed-stream.ts';
import { defaultPretrainSettings, pretrainEncoder } from '../../shared/training/pretrain-encoder.ts';
import { openSimulatedTarget } from './adaptation-simulated.ts';
import { openSparkovTarget } from './adaptation-sparkov.ts';
import { type AdaptationPoint, drawAdaptation } from './draw-adaptation.ts';
import { say } from './say.ts';

const seconds = (since: number) => (performance.now() - since) / 1000;

/** A portfolio to adapt to, and how well few labels do on it with an encoder. */
export interface AdaptationTarget {
  readonly title: string;
  /** Unlabelled. */
  readonly training: PackedStream;
  /** Labelled fraud cards → mean over the draws of the average precision. */
  judge(config: EncoderConfig, weights: EncoderWeights): Promise<ReadonlyMap<number, number>>;
}

export interface TargetOptions {
  readonly budgets: readonly number[];
  readonly draws: number;
  /** One genuine test row in so many is judged, weighted. */
  readonly every: number;
}

const targets: Readonly<Record<string, (options: TargetOptions) => Promise<AdaptationTarget | undefined>>> = {
  sparkov: openSparkovTarget,
  simulated: openSimulatedTarget,
};

/** The same objective, rate and rows from either start; the rate falls to zero at the end of each run, so each run stands alone. */
async function adapt(
  training: PackedStream,
  config: EncoderConfig,
  initial: EncoderWeights,
  steps: number,
): Promise<EncoderWeights> {
  if (steps === 0) return initial;
  const { tf } = await chooseBackend();
  const settings = { ...defaultPretrainSettings, steps, evaluateEvery: steps };
  const { weights } = await pretrainEncoder({ tf, config, training, settings, initial });
  return weights;
}

/** `[sparkov|simulated] [--encoder NAME] [--steps N,N] [--draws N] [--every N] [--seed N]`: prints a row per start and number of steps, and draws them. */
export async function runAdaptation(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      encoder: { type: 'string', default: 'small' },
      steps: { type: 'string', default: '0,40,120,300,1200' },
      draws: { type: 'string', default: '10' },
      every: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      picture: { type: 'string' },
    },
  });
  const name = positionals[0] ?? 'sparkov';
  const options = { budgets: [3, 20], draws: Number(values.draws), every: Number(values.every) };
  const target = await targets[name]?.(options);
  if (!target) return;
  const shipped = loadPretrained(values.encoder);
  const { config } = shipped;
  const starts = [
    { name: `shipped ${shipped.encoderVersion}`, weights: shipped.readWeights() },
    { name: 'random weights', weights: randomWeights(config, Number(values.seed)) },
  ];
  say(`${target.title}: ${target.training.eventCount} unlabelled events, few-labels head`);
  const points: AdaptationPoint[] = [];
  for (const steps of values.steps.split(',').map(Number)) {
    for (const start of starts) {
      const startedAt = performance.now();
      const weights = await adapt(target.training, config, start.weights, steps);
      const took = seconds(startedAt);
      for (const [k, precision] of await target.judge(config, weights)) {
        points.push({ start: start.name, steps, labels: `${k} fraud cards`, precision });
        say(
          `${String(steps).padStart(5)} steps, ${took.toFixed(0).padStart(4)} s  ${start.name.padEnd(28)} ` +
            `k = ${String(k).padEnd(2)}  AP ${precision.toFixed(3)}`,
        );
      }
    }
  }
  const picture = values.picture ?? join(packageRoot, `infra/docs/adaptation-${name}.svg`);
  writeFileSync(picture, await drawAdaptation(target.title, points));
  say(`picture: ${picture}`);
}

// shared/training/fine-tune-settings.ts: settings of fine-tuning, and which weights they let move how fast.
import { z } from 'zod';
import type { EncoderConfig, WeightShape } from '../encoder/definition.ts';

export const fineTuneSettingsSchema = z.object({
  steps: z.int().min(1).default(600),
  /** Labelled rows per step. */
  rows: z.int().min(1).default(128),
  /** Share of frauds among them: at their natural rate most steps would see none. */
  fraudShare: z.number().min(0).max(1).default(0.25),
  /** Layers that are trained, counted from the top; `all` trains the inputs too. Forecasts and the last norm always are. */
  lastLayers: z.union([z.literal('all'), z.int().min(0)]).default('all'),
  /** Highest rate, of the head and the top; a layer below has `layerDecay` times the rate of the one above. */
  learningRate: z.number().positive().default(1e-3),
  layerDecay: z.number().positive().max(1).default(0.6),
  warmUpSteps: z.int().min(0).default(50),
  weightDecay: z.number().min(0).default(0.01),
  /** Decay of the weight average, which is what is kept. */
  averaging: z.number().min(0).max(0.9999).default(0.99),
  /** Weight of the next-event loss beside the labels': keeps forecasts and surprises true. */
  forecastWeight: z.number().min(0).default(0.1),
  /** Unlabelled windows per step for it. */
  forecastRows: z.int().min(1).default(32),
  /** Hidden width of the head that gives the gradient; it is thrown away, the one that scores is fitted afterwards. */
  headWidth: z.int().min(1).default(64),
  inputDropout: z.number().min(0).max(0.9).default(0.1),
  evaluateEvery: z.int().min(1).default(100),
  /** Evaluations without a better average precision on the later window before it stops. */
  patience: z.int().min(1).default(3),
  /** Rows of the later window that are looked at: all frauds, the rest spread evenly. */
  laterRows: z.int().min(1).default(20_000),
});
export type FineTuneSettings = z.infer<typeof fineTuneSettingsSchema>;

/** 0 for the inputs, 1 … for layers, one more for what reads their states. */
function depthOf(name: string, { layers }: EncoderConfig): number {
  if (name.startsWith('input.')) return 0;
  const layer = /^layer\.(\d+)\./.exec(name)?.[1];
  return layer === undefined ? layers + 1 : Number(layer) + 1;
}

/** True for a weight that fine-tuning may move. */
export function isTrained({ name }: WeightShape, config: EncoderConfig, settings: FineTuneSettings): boolean {
  const { lastLayers } = settings;
  return lastLayers === 'all' || depthOf(name, config) > config.layers - lastLayers;
}

/** Factor on the learning rate of a weight: 1 at the top. */
export function rateFactor({ name }: WeightShape, config: EncoderConfig, settings: FineTuneSettings): number {
  return settings.layerDecay ** (config.layers + 1 - depthOf(name, config));
}

/** Rises linearly, then falls to zero along a cosine. */
export function fineTuneRateAt(step: number, { learningRate, warmUpSteps, steps }: FineTuneSettings): number {
  if (step < warmUpSteps) return (learningRate * (step + 1)) / warmUpSteps;
  const share = (step - warmUpSteps) / Math.max(1, steps - warmUpSteps);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share)));
}

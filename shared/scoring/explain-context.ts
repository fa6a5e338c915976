// shared/scoring/explain-context.ts: what a version says of one stored context, and why: for a person who asks later.
import type { Context } from '../domain/context.ts';
import type { EncodedRow, Encoder } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';
import type { Champion } from './champion.ts';
import { roundScore } from './decide.ts';
import { type Occlusion, occlude } from './occlude.ts';
import { type Effect, toEffect } from './rank-effects.ts';

/** How the score of one version moved with each occlusion; undefined when a number is missing or not finite. */
export function effectsOf(
  {
    occlusions,
    version,
    head,
  }: { readonly occlusions: readonly Occlusion[]; readonly version: Champion; readonly head: number },
  rawScore: number,
  encoded: readonly EncodedRow[],
): Effect[] | undefined {
  const effects: Effect[] = [];
  for (const [index, occlusion] of occlusions.entries()) {
    const without = encoded[index]?.rawScores[head] ?? Number.NaN;
    if (!Number.isFinite(without)) return undefined;
    const scoreWithout = roundScore(version.calibrators.full.toScore(without));
    effects.push(toEffect(occlusion, rawScore - without, scoreWithout));
  }
  return effects;
}

export interface ExplainedContext {
  /** Calibrated, of tier full. */
  readonly score: number;
  readonly effects: readonly Effect[];
}

/**
 * Scores a context and everything that can be taken away from it, in one call.
 * @throws AppError FRAUD_ENCODER_FAILED, FRAUD_ENCODER_OVERLOADED
 */
export async function explainContext(
  context: Context,
  version: Champion,
  encoder: Pick<Encoder, 'encodeMany'>,
): Promise<ExplainedContext> {
  const occlusions = occlude(context);
  const [whole, ...encoded] = await encoder.encodeMany([context, ...occlusions.map(({ row }) => row)]);
  const rawScore = whole?.rawScores[0] ?? Number.NaN;
  const effects = effectsOf({ occlusions, version, head: 0 }, rawScore, encoded);
  if (!effects || !Number.isFinite(rawScore)) {
    throw new AppError('FRAUD_ENCODER_FAILED', { detail: 'A number is not finite.' });
  }
  return { score: roundScore(version.calibrators.full.toScore(rawScore)), effects };
}

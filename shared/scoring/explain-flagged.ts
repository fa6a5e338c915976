// shared/scoring/explain-flagged.ts: reasons by occlusion for what was flagged: one more call of the encoder, after the decisions and before they are stored.
import type { EncodedRow } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';
import type { Champion } from './champion.ts';
import { failingAfter } from './deadline.ts';
import { effectsOf } from './explain-context.ts';
import { occlude } from './occlude.ts';
import { type Effect, toReasons } from './rank-effects.ts';
import type { DecidedEvaluation, Evaluation, ScoringModel } from './scorer.ts';

export interface ExplainOptions {
  readonly model: ScoringModel;
  /** Explanations that are not there by then are not waited for; instant of `performance.now()`. */
  readonly by?: number | undefined;
  /** Also what was approved; all effects are then kept (`effects`). */
  readonly isFull?: boolean | undefined;
  /** Transactions explained, those of the highest scores; default all that are flagged. */
  readonly atMost?: number | undefined;
}

/** Transactions explained in one call: some 200 passes, so that no call keeps the encoder for long and none looks like a hang. */
const CHUNK = 16;

/** One transaction to explain, and the version that decided it. */
interface Subject {
  readonly evaluation: DecidedEvaluation;
  readonly version: Champion;
  /** Of the version's head in `EncodedRow.rawScores`. */
  readonly head: number;
}

/**
 * True for what the model flags and nothing lets pass. What lists and rules flag beside the model has its reason in `rules`:
 * their hits may be many, and the score was not asked.
 */
function isFlagged({ decision }: DecidedEvaluation, { thresholds }: Champion): boolean {
  return decision.decision !== 'approve' && decision.score >= thresholds.reviewAbove;
}

function listSubjects(evaluations: readonly Evaluation[], { model, isFull }: ExplainOptions): Subject[] {
  const heads = model.challengers?.heads ?? [model.champion];
  return evaluations.flatMap((evaluation) => {
    if (evaluation.kind !== 'decided' || evaluation.tier !== 'full' || !evaluation.encoded) return [];
    const { modelVersion } = evaluation.decision.model;
    const head = heads.findIndex(({ manifest }) => manifest.modelVersion === modelVersion);
    const version = heads[head];
    if (!version || !(isFull || isFlagged(evaluation, version))) return [];
    return [{ evaluation, version, head }];
  });
}

/** Those to be explained: of too many the highest scores, in the order of the call. */
function chooseSubjects(subjects: readonly Subject[], atMost: number): readonly Subject[] {
  if (subjects.length <= atMost) return subjects;
  const scoreOf = ({ evaluation }: Subject): number => evaluation.decision.score;
  const chosen = new Set([...subjects].sort((one, other) => scoreOf(other) - scoreOf(one)).slice(0, atMost));
  return subjects.filter((subject) => chosen.has(subject));
}

function withReasons(evaluation: DecidedEvaluation, effects: Effect[], isFull: boolean): DecidedEvaluation {
  const { decision } = evaluation;
  // An approval carries surprise only, also where its effects were asked for: the same decision whoever asks.
  if (decision.decision === 'approve') return { ...evaluation, effects };
  const explained = { ...decision, reasonCodes: toReasons(effects), reasonsFrom: 'occlusion' as const };
  return { ...evaluation, decision: explained, ...(isFull && { effects }) };
}

/**
 * Evaluations in the same order, flagged ones with reasons by occlusion. Where the encoder is full, fails or is late,
 * or more are flagged than may be explained, they keep those by surprise, which say so. Whoever is explained, and by whom: what is said is a
 * function of context and version alone.
 */
export async function explainFlagged(
  evaluations: readonly Evaluation[],
  options: ExplainOptions,
): Promise<Evaluation[]> {
  const subjects = chooseSubjects(
    listSubjects(evaluations, options),
    options.atMost ?? Number.POSITIVE_INFINITY,
  );
  const { encoder } = options.model;
  const explained = new Map<Evaluation, Evaluation>();
  if (!encoder || subjects.length === 0) return [...evaluations];
  const inTime = failingAfter(encoder, options.by);
  for (let from = 0; from < subjects.length; from += CHUNK) {
    const chunk = subjects
      .slice(from, from + CHUNK)
      .map((subject) => ({ ...subject, occlusions: occlude(subject.evaluation.context) }));
    const encoded = await encodeOrNothing(
      inTime,
      chunk.flatMap(({ occlusions }) => occlusions.map(({ row }) => row)),
    );
    if (!encoded) break;
    let row = 0;
    for (const subject of chunk) {
      const end = row + subject.occlusions.length;
      const effects = effectsOf(subject, subject.evaluation.rawScore, encoded.slice(row, end));
      row = end;
      if (!effects) continue;
      explained.set(subject.evaluation, withReasons(subject.evaluation, effects, options.isFull === true));
    }
  }
  return evaluations.map((evaluation) => explained.get(evaluation) ?? evaluation);
}

/** Decisions do not wait for their reasons: an encoder that cannot answer now leaves those by surprise. */
async function encodeOrNothing(
  encoder: NonNullable<ScoringModel['encoder']>,
  rows: Parameters<typeof encoder.encodeMany>[0],
): Promise<readonly EncodedRow[] | undefined> {
  try {
    return await encoder.encodeMany(rows);
  } catch (cause) {
    if (cause instanceof AppError && /^FRAUD_ENCODER_(FAILED|OVERLOADED)$/.test(cause.code)) return undefined;
    throw cause;
  }
}

// shared/scoring/shadow.ts: what challengers would have said of transactions that are decided and stored; touches no decision, waits for nothing, throws nothing.
import type { ShadowScore } from '../domain/shadow-score.ts';
import type { EncodedRow, EncoderRow } from '../encoder/encoder.ts';
import { isInShare } from './card-share.ts';
import type { OwnChallenger } from './challengers.ts';
import type { Champion } from './champion.ts';
import { roundScore, toDecisionVerb } from './decide.ts';
import type { DecidedEvaluation, Evaluation } from './scorer.ts';

/** What became of one challenger's score of one transaction. */
export const shadowResults = ['scored', 'dropped', 'failed'] as const;
export type ShadowResult = (typeof shadowResults)[number];

export interface ShadowOptions {
  /** Share of the cards that a challenger with an encoder of its own scores, 0 … 1; by hash, so that its cards are the same ones always. */
  readonly ownShare: number;
  /** Rows that such a challenger may hold; what comes on top is dropped. */
  readonly ownRows: number;
  /** True while the champion has its hands full: rows for other encoders are dropped. */
  readonly isBusy: () => boolean;
  readonly record: (scores: readonly ShadowScore[]) => void;
  readonly count: (result: ShadowResult, transactions: number) => void;
}

export interface Shadow {
  /** Takes transactions as they were decided. Returns at once; never throws. */
  offer(evaluations: readonly Evaluation[]): void;
}

type Opinion = ShadowScore['shadows'][number];

/** Undefined for a raw score that is no number. */
function toOpinion(version: Champion, rawScore: number | undefined): Opinion | undefined {
  if (rawScore === undefined || !Number.isFinite(rawScore)) return undefined;
  const score = roundScore(version.calibrators.full.toScore(rawScore));
  return {
    modelVersion: version.manifest.modelVersion,
    score,
    decision: toDecisionVerb(score, version.thresholds),
  };
}

function toShadowScore({ decision }: DecidedEvaluation, shadows: Opinion[]): ShadowScore {
  const { decisionId, transactionId, portfolioId, cardToken, eventTime, score, model } = decision;
  return {
    decisionId,
    transactionId,
    portfolioId,
    cardToken,
    eventTime,
    decided: { modelVersion: model.modelVersion, score, decision: decision.decision },
    shadows,
  };
}

/** What the heads that did not decide say of one transaction; without a pass of the encoder they say nothing. */
function opinionsOf(
  { decision, encoded, challengers }: DecidedEvaluation,
  counts: Record<ShadowResult, number>,
): Opinion[] {
  const heads = challengers?.heads ?? [];
  return heads.flatMap((version, place) => {
    if (version.manifest.modelVersion === decision.model.modelVersion) return [];
    const opinion = encoded && toOpinion(version, encoded.rawScores[place]);
    if (opinion) counts.scored++;
    else counts[encoded ? 'failed' : 'dropped']++;
    return opinion ? [opinion] : [];
  });
}

/** Contexts are cut from slabs that live as long as their chunk: what waits in a queue is copied. */
const copyRow = ({ portfolioId, events, eventCount, features }: EncoderRow): EncoderRow => ({
  portfolioId,
  events: events.slice(),
  eventCount,
  features: features.slice(),
});

export function createShadow(options: ShadowOptions): Shadow {
  const { ownShare, ownRows, isBusy, record, count } = options;
  /** Rows given to an encoder and not answered. */
  const inHand = new WeakMap<OwnChallenger, number>();

  /** The heads that shared the pass: nothing is left to compute but their calibration. */
  function scoreShared(decided: readonly DecidedEvaluation[]): void {
    const counts = { scored: 0, dropped: 0, failed: 0 };
    const scores = decided.flatMap((evaluation) => {
      const shadows = opinionsOf(evaluation, counts);
      return shadows.length > 0 ? [toShadowScore(evaluation, shadows)] : [];
    });
    for (const result of shadowResults) if (counts[result] > 0) count(result, counts[result]);
    if (scores.length > 0) record(scores);
  }

  function scoreOwn(own: OwnChallenger, decided: readonly DecidedEvaluation[]): void {
    const { modelVersion } = own.version.manifest;
    const chosen = decided.filter(({ decision }) => isInShare(`shadow|${modelVersion}`, decision, ownShare));
    if (chosen.length === 0) return;
    const held = inHand.get(own) ?? 0;
    const encoder = own.encoder();
    if (!encoder?.isHealthy() || isBusy() || held + chosen.length > ownRows) {
      count('dropped', chosen.length);
      return;
    }
    inHand.set(own, held + chosen.length);
    const release = () => inHand.set(own, (inHand.get(own) ?? 0) - chosen.length);
    encoder.encodeMany(chosen.map(({ context }) => copyRow(context))).then(
      (encoded) => {
        release();
        guarded(chosen.length, () => recordOwn(own.version, chosen, encoded));
      },
      () => {
        release();
        count('failed', chosen.length);
      },
    );
  }

  function recordOwn(
    version: Champion,
    chosen: readonly DecidedEvaluation[],
    encoded: readonly EncodedRow[],
  ): void {
    const scores = chosen.flatMap((evaluation, row) => {
      const opinion = toOpinion(version, encoded[row]?.rawScores[0]);
      return opinion ? [toShadowScore(evaluation, [opinion])] : [];
    });
    if (scores.length > 0) count('scored', scores.length);
    if (scores.length < chosen.length) count('failed', chosen.length - scores.length);
    if (scores.length > 0) record(scores);
  }

  function guarded(transactions: number, act: () => void): void {
    try {
      act();
    } catch {
      count('failed', transactions);
    }
  }

  return {
    offer: (evaluations) => {
      const decided = evaluations.filter(
        (evaluation): evaluation is DecidedEvaluation =>
          evaluation.kind === 'decided' && evaluation.challengers !== undefined,
      );
      const [first] = decided;
      if (!first) return;
      guarded(decided.length, () => scoreShared(decided));
      for (const own of first.challengers?.own ?? []) guarded(decided.length, () => scoreOwn(own, decided));
    },
  };
}

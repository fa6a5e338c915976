// shared/scoring/decision-writer.ts: raw score → calibrated decision with reasons, in the fixed key order of the decisions topic.
import type { Context } from '../domain/context.ts';
import type { Decision, Tier } from '../domain/decision.ts';
import { merchantKeyOf, type Transaction } from '../domain/transaction.ts';
import type { EncodedRow } from '../encoder/encoder.ts';
import { toAnomalyBits } from '../head/day-zero.ts';
import { featuresOnlyInputs, writeHeadInput } from '../head/head-inputs.ts';
import { scoreByRules } from '../rules/fallback-rules.ts';
import { overrule, type RuleSet } from '../rules/rule-set.ts';
import type { Champion } from './champion.ts';
import { roundScore, toDecisionId, toDecisionVerb, toRiskLevel } from './decide.ts';
import { toFieldSurprises } from './explain.ts';

/** Everything a decision is written from. */
export interface DecisionInput {
  readonly transaction: Transaction;
  readonly context: Context;
  /** Readings and raw scores, champion's first; absent when the encoder did not answer. */
  readonly encoded: EncodedRow | undefined;
  /** True when the histories could not be read in time: only the rules may answer. */
  readonly withoutHistory?: boolean | undefined;
  readonly receivedAtMs: number;
  readonly decidedAt: string;
  readonly timingsMs: Record<string, number>;
}

export interface WrittenDecision {
  readonly decision: Decision;
  readonly tier: Tier;
  readonly rawScore: number;
}

export type DecisionWriter = (input: DecisionInput) => WrittenDecision;

/** Bits are kept to a thousandth. */
const BITS_UNIT = 1000;

/** Decides by one champion, and by lists and rules where there are any. Not for concurrent use from several threads: scratch memory is shared between calls. */
export function createDecisionWriter(champion: Champion, ruleSet?: RuleSet): DecisionWriter {
  const scoreRaw = createLadder(champion);
  const toIso = createIsoCache();
  return ({ transaction, context, encoded, withoutHistory, receivedAtMs, decidedAt, timingsMs }) => {
    const { tier, rawScore } = withoutHistory
      ? { tier: 'rules' as const, rawScore: scoreByRules(context.features) }
      : scoreRaw(context, encoded);
    const { thresholds, calibrators } = champion;
    const { reference, rarity, stamp } = champion.viewOf(transaction.portfolioId);
    const score = roundScore(calibrators[tier].toScore(rawScore));
    const bits = rarity.measure({ readings: encoded?.readings, features: context.features });
    const anomalyBits = encoded && roundBits(toAnomalyBits(champion.joinRule(bits, reference), reference));
    const byModel = toDecisionVerb(score, thresholds);
    const rules = ruleSet?.judge({ transaction, features: context.features, withoutHistory });
    const overruled = rules && overrule(byModel, rules);
    // The order of these keys is the order of the stored bytes: never change it, only add.
    const decision: Decision = {
      decisionId: toDecisionId(transaction.portfolioId, transaction.transactionId),
      transactionId: transaction.transactionId,
      portfolioId: transaction.portfolioId,
      cardToken: transaction.cardToken,
      score,
      scoreScaled: Math.round(score * 999),
      anomalyBits,
      decision: overruled?.decision ?? byModel,
      riskLevel: toRiskLevel(score, thresholds),
      decidedBy: overruled?.decidedBy ?? (tier === 'rules' ? 'rule' : 'model'),
      tier,
      reasonCodes: champion.explain(bits),
      surprise: encoded && toFieldSurprises(encoded.readings, champion.config),
      contextDigest: context.digest,
      model: stamp,
      eventTime: transaction.eventTime,
      receivedAt: toIso(receivedAtMs),
      decidedAt,
      timingsMs,
      merchantKey: merchantKeyOf(transaction),
      accountId: transaction.accountId,
      rules,
      reasonsFrom: 'surprise',
    };
    return { decision, tier, rawScore };
  };
}

function roundBits(bits: number): number {
  return Math.round(bits * BITS_UNIT) / BITS_UNIT;
}

/** The degrade ladder: full head when the encoder answered, else the features-only head, else rules. */
function createLadder(
  champion: Champion,
): (context: Context, encoded: EncodedRow | undefined) => { tier: Tier; rawScore: number } {
  const input = new Float32Array(featuresOnlyInputs.length);
  return (context, encoded) => {
    const full = encoded?.rawScores[0] ?? Number.NaN;
    if (Number.isFinite(full)) return { tier: 'full', rawScore: full };
    writeHeadInput({ features: context.features, events: context.events }, input);
    const rawScore = champion.featuresOnlyHead.scoreOne(input);
    if (Number.isFinite(rawScore)) return { tier: 'features-only', rawScore };
    return { tier: 'rules', rawScore: scoreByRules(context.features) };
  };
}

/** Transactions of one chunk share their receipt time: its text is made once. */
function createIsoCache(): (ms: number) => string {
  let lastMs = Number.NaN;
  let text = '';
  return (ms) => {
    if (ms !== lastMs) {
      lastMs = ms;
      text = new Date(ms).toISOString();
    }
    return text;
  };
}

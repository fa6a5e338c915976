// shared/scoring/scorer.ts: READ FIRST: THE path from transactions to decisions; stream, HTTP, training and receipts all take it.
import type { Clock } from '../clock.ts';
import type { Context } from '../domain/context.ts';
import type { Decision, Tier } from '../domain/decision.ts';
import { isDecided, type Transaction } from '../domain/transaction.ts';
import type { EncodedRow, Encoder } from '../encoder/encoder.ts';
import { AppError } from '../errors.ts';
import { buildAppends, buildContext } from '../features/build-context.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { AppendEvent } from '../sequence/state-store.ts';
import type { Canary } from './canary.ts';
import { createModelWriter } from './canary-writer.ts';
import type { Challengers } from './challengers.ts';
import type { Champion } from './champion.ts';
import { type EvaluationLimits, failingAfter, orEmptyAfter } from './deadline.ts';
import type { DecisionWriter } from './decision-writer.ts';
import { explainFlagged } from './explain-flagged.ts';
import type { Effect } from './rank-effects.ts';
import { loadWorkingRecords, type ReadRecords, type WorkingRecords } from './working-records.ts';

/** One transaction to be decided or applied, parsed and trusted. */
export interface ScoreRequest {
  readonly transaction: Transaction;
  readonly eventTimeMs: number;
  readonly receivedAtMs: number;
}

/** Parts that every evaluation has. */
interface Evaluated {
  readonly transaction: Transaction;
  /** The transaction's own packed event. */
  readonly event: Uint8Array;
  /** What the store must append, together with the decision. */
  readonly appends: readonly AppendEvent[];
}

/** An authorization or transfer: a decision is owed. */
export interface DecidedEvaluation extends Evaluated {
  readonly kind: 'decided';
  readonly context: Context;
  readonly decision: Decision;
  readonly tier: Tier;
  /** Uncalibrated score of the tier that answered. */
  readonly rawScore: number;
  /** Readings of the pass, and raw scores of every head that shared it; absent below tier full. */
  readonly encoded?: EncodedRow | undefined;
  /** What each group of fields and each recent event does to the score; where the call asked for all of it. */
  readonly effects?: readonly Effect[] | undefined;
  /** Who shadowed the pass; absent where nobody does. */
  readonly challengers?: Challengers | undefined;
}

/** A clearing, reversal, refund, statement or repayment: it changes the history and decides nothing. */
export interface AppliedEvaluation extends Evaluated {
  readonly kind: 'applied';
}

export type Evaluation = DecidedEvaluation | AppliedEvaluation;

/** A champion and the encoder started from its `encoderParts`; without an encoder the lower tiers answer. */
export interface ScoringModel {
  readonly champion: Champion;
  readonly encoder?: Pick<Encoder, 'encodeMany'> | undefined;
  /** What shadows this champion; `heads` are those that the encoder was started with. */
  readonly challengers?: Challengers | undefined;
}

export interface ScorerOptions extends ScoringModel {
  readonly clock: Clock;
  /** Lists and rules beside the model; absent: none. */
  readonly rules?: RuleSet | undefined;
  /** Lets the challenger decide for a share of the cards; absent: the champion decides all. */
  readonly canary?: Canary | undefined;
  /** Called when a chunk is answered below tier full although there is an encoder. */
  readonly onDegrade?: (error: AppError, tier: Tier, transactions: number) => void;
}

export interface Scorer {
  /**
   * Evaluations in the order of the requests. Transactions see those before them in the same call.
   * With limits a lower tier answers in time rather than a full one late.
   * @throws AppError FRAUD_ENCODER_OVERLOADED: nothing was decided, call again; and whatever `readRecords` throws
   */
  evaluateMany(
    requests: readonly ScoreRequest[],
    readRecords: ReadRecords,
    limits?: EvaluationLimits,
  ): Promise<Evaluation[]>;
  /** Calls from now on use this model; those under way finish with the one they began with. Returns the one replaced. */
  replaceModel(model: ScoringModel): ScoringModel;
  /** Calls from now on are judged by these lists and rules; those under way finish with the ones they began with. */
  replaceRules(rules: RuleSet | undefined): void;
  readonly model: ScoringModel;
}

type Draft =
  | Omit<DecidedEvaluation, 'decision' | 'tier' | 'rawScore' | 'encoded' | 'effects' | 'challengers'>
  | AppliedEvaluation;

/** Builds contexts in order, encodes those owed a decision in one call, then decides each. */
export function createScorer(options: ScorerOptions): Scorer {
  const { champion: first, encoder: firstEncoder, challengers: firstChallengers } = options;
  let model: ScoringModel = { champion: first, encoder: firstEncoder, challengers: firstChallengers };
  let { rules } = options;
  const { canary } = options;
  let writer = createModelWriter(model, rules, canary);
  return {
    evaluateMany: async (requests, readRecords, limits) => {
      const served = model;
      const { champion, encoder, challengers } = served;
      const write = writer;
      const stopwatch = createStopwatch();
      const transactions = requests.map(({ transaction }) => transaction);
      const reading = orEmptyAfter(readRecords, limits?.historyBy);
      const records = await loadWorkingRecords(transactions, reading.readRecords);
      stopwatch.lap('read');
      const drafts = transactions.map((transaction) => draftOne(transaction, records, champion));
      stopwatch.lap('features');
      const withoutHistory = reading.isEmpty();
      const encoded = withoutHistory
        ? undefined
        : await encodeDrafts(drafts, encoder && failingAfter(encoder, limits?.encodedBy), options.onDegrade);
      stopwatch.lap('encoder');
      const { clock } = options;
      const timingsMs = stopwatch.laps;
      const finish = { requests, encoded, challengers, withoutHistory, write, timingsMs, clock };
      const decided = finishAll(drafts, finish);
      const explained = await explainFlagged(decided, {
        model: served,
        by: limits?.encodedBy,
        isFull: limits?.explainsAll,
        atMost: limits?.explainedAtMost,
      });
      stopwatch.lap('reasons');
      return explained;
    },
    replaceModel: (next) => {
      const replaced = model;
      model = next;
      writer = createModelWriter(next, rules, canary);
      return replaced;
    },
    replaceRules: (next) => {
      rules = next;
      writer = createModelWriter(model, next, canary);
    },
    get model() {
      return model;
    },
  };
}

function draftOne(transaction: Transaction, records: WorkingRecords, champion: Champion): Draft {
  const { reference } = champion.viewOf(transaction.portfolioId);
  const input = { transaction, ...records.recordsOf(transaction), reference };
  if (!isDecided(transaction)) {
    const { event, appends } = buildAppends(input);
    records.append(appends);
    return { kind: 'applied', transaction, event, appends };
  }
  const { context, event, appends } = buildContext({ ...input, settings: champion.featureSettings });
  records.append(appends);
  return { kind: 'decided', transaction, event, appends, context };
}

/** Readings and raw scores of the drafts owed a decision, in their order; undefined when the encoder cannot answer. */
async function encodeDrafts(
  drafts: readonly Draft[],
  encoder: Pick<Encoder, 'encodeMany'> | undefined,
  onDegrade: ScorerOptions['onDegrade'],
): Promise<readonly EncodedRow[] | undefined> {
  const rows = drafts.flatMap((draft) => (draft.kind === 'decided' ? [draft.context] : []));
  if (!encoder || rows.length === 0) return undefined;
  try {
    const encoded = await encoder.encodeMany(rows);
    requireFinite(encoded);
    return encoded;
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'FRAUD_ENCODER_FAILED') throw cause;
    onDegrade?.(cause, 'features-only', rows.length);
    return undefined;
  }
}

/** No adapter may give other numbers, and no decision may be made of them: the lower tier answers. Raw scores after the first are shadows'. */
function requireFinite(encoded: readonly EncodedRow[]): void {
  for (const [row, { readings, rawScores }] of encoded.entries()) {
    if (isFiniteSum(readings) && isFiniteSum(rawScores.subarray(0, 1))) continue;
    throw new AppError('FRAUD_ENCODER_FAILED', { detail: 'A number is not finite.', facts: { row } });
  }
}

/** Zero times each value is zero, unless one is not finite: one pass without a branch, 0.1 µs per row. */
function isFiniteSum(values: Float32Array): boolean {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += 0 * (values[at] ?? 0);
  return sum === 0;
}

interface FinishOptions {
  readonly requests: readonly ScoreRequest[];
  readonly encoded: readonly EncodedRow[] | undefined;
  readonly challengers: Challengers | undefined;
  readonly withoutHistory: boolean;
  readonly write: DecisionWriter;
  readonly timingsMs: Record<string, number>;
  readonly clock: Clock;
}

function finishAll(drafts: readonly Draft[], options: FinishOptions): Evaluation[] {
  const decidedAt = new Date(options.clock.now()).toISOString();
  let row = 0;
  return drafts.map((draft, index) => {
    if (draft.kind === 'applied') return draft;
    const encoded = options.encoded?.[row++];
    const written = options.write({
      transaction: draft.transaction,
      context: draft.context,
      encoded,
      withoutHistory: options.withoutHistory,
      receivedAtMs: options.requests[index]?.receivedAtMs ?? 0,
      decidedAt,
      timingsMs: options.timingsMs,
    });
    return { ...draft, ...written, encoded, challengers: options.challengers };
  });
}

/** Milliseconds per stage of one chunk, to the microsecond: what each of its transactions waited for. */
function createStopwatch(): { laps: Record<string, number>; lap(name: string): void } {
  const laps: Record<string, number> = {};
  let from = performance.now();
  return {
    laps,
    lap: (name) => {
      const now = performance.now();
      laps[name] = Math.round((now - from) * 1000) / 1000;
      from = now;
    },
  };
}

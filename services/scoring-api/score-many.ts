// services/scoring-api/score-many.ts: a batch → answers in order: each item parsed by itself, all scored in one call, those of one card after each other.
import type { Principal } from '../../shared/access/principal.ts';
import { mayUsePortfolio } from '../../shared/access/principal.ts';
import type { Clock } from '../../shared/clock.ts';
import type { EdgeSettings } from '../../shared/edge/edge-settings.ts';
import { parseFields } from '../../shared/edge/parse-record.ts';
import { judgeTransaction, transactionReader } from '../../shared/edge/parse-transaction.ts';
import { isObject } from '../../shared/edge/read-object.ts';
import { AppError } from '../../shared/errors.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import type { ApiMetrics } from './api-metrics.ts';
import { type AnswerTerms, type Evaluate, type ReceivedTransaction, toReceived } from './evaluate.ts';
import type { Recordable, Recorder } from './recorder.ts';

/** What became of one item. */
export type ItemAnswer =
  | { readonly kind: 'decided'; readonly bytes: Uint8Array }
  | { readonly kind: 'applied'; readonly transactionId: string }
  | { readonly kind: 'refused'; readonly error: AppError };

export interface BatchCall {
  readonly items: readonly unknown[];
  /** From the scan of the whole body: strings have to be looked at one by one. */
  readonly needsCloserLook: boolean;
  readonly terms: AnswerTerms;
  readonly isRecorded: boolean;
  readonly principal: Principal;
}

export type ScoreMany = (call: BatchCall) => Promise<ItemAnswer[]>;

export interface ScoreManyParts {
  readonly evaluate: Evaluate;
  readonly store: Pick<StateStore, 'findDecisions'>;
  readonly recorder: Recorder | undefined;
  readonly clock: Clock;
  readonly edge: EdgeSettings;
  readonly metrics: ApiMetrics;
}

const refused = (error: AppError): ItemAnswer => ({ kind: 'refused', error });
const conflict = (): ItemAnswer =>
  refused(new AppError('FRAUD_TRANSACTION_CONFLICT', { field: 'transactionId' }));

export function createScoreMany(parts: ScoreManyParts): ScoreMany {
  const { evaluate, store, recorder, clock, edge, metrics } = parts;

  const parse = (
    item: unknown,
    { needsCloserLook, principal }: BatchCall,
  ): ReceivedTransaction | AppError => {
    try {
      if (!isObject(item)) throw new AppError('FRAUD_RECORD_NOT_JSON', { detail: 'Expected an object.' });
      const parsed = parseFields({ object: item, needsCloserLook }, transactionReader, edge);
      const { value: transaction, unknownFields, idsLikeCardNumbers } = parsed;
      if (unknownFields > 0) metrics.unknownFields.inc(unknownFields);
      if (idsLikeCardNumbers > 0) metrics.idsLikeCardNumbers.inc(idsLikeCardNumbers);
      if (!mayUsePortfolio(principal, transaction.portfolioId)) {
        return new AppError('FRAUD_PORTFOLIO_FORBIDDEN', { field: 'portfolioId' });
      }
      return toReceived(transaction, judgeTransaction(transaction, clock.now(), edge));
    } catch (error) {
      if (error instanceof AppError && error.kind === 'data') return error;
      throw error;
    }
  };

  /** Answers by decision key of what is decided already; conflicts and repeats within the batch are told by the first one's hash. */
  const scoreFresh = async (call: BatchCall, received: readonly ReceivedTransaction[]) => {
    const stored = await store.findDecisions(received.map(({ decisionKey }) => decisionKey));
    const hashes = new Map<string, string>();
    const answers = new Map<string, ItemAnswer>();
    const fresh: ReceivedTransaction[] = [];
    for (const [index, one] of received.entries()) {
      if (hashes.has(one.decisionKey)) continue;
      const known = stored[index];
      hashes.set(one.decisionKey, known?.contentHash || one.contentHash);
      if (known) answers.set(one.decisionKey, { kind: 'decided', bytes: known.bytes });
      else fresh.push(one);
    }
    const made = await evaluate(fresh, call.terms);
    if (call.isRecorded) await recorder?.record(made);
    for (const one of made) answers.set(one.decisionKey, toAnswer(one));
    return { hashes, answers };
  };

  return async (call) => {
    if (call.isRecorded && !recorder) throw new AppError('FRAUD_RECORDING_UNAVAILABLE', { field: 'record' });
    const parsed = call.items.map((item) => parse(item, call));
    const received = parsed.filter((one): one is ReceivedTransaction => !(one instanceof AppError));
    const scored = await scoreFresh(call, received).catch((error: unknown) => {
      // Another process decided one of them meanwhile: looked at again, its decision stands.
      if (error instanceof AppError && error.code === 'FRAUD_STORE_CONFLICT')
        return scoreFresh(call, received);
      throw error;
    });
    return parsed.map((one): ItemAnswer => {
      if (one instanceof AppError) return refused(one);
      if (scored.hashes.get(one.decisionKey) !== one.contentHash) return conflict();
      return scored.answers.get(one.decisionKey) ?? conflict();
    });
  };
}

function toAnswer({ evaluation, decisionBytes }: Recordable): ItemAnswer {
  if (decisionBytes) return { kind: 'decided', bytes: decisionBytes };
  return { kind: 'applied', transactionId: evaluation.transaction.transactionId };
}

// test/quality/collect-alerts.ts: flagged transactions of a stream with their effects, contexts and the card's past, by the product's scorer.
import { systemClock } from '../../shared/clock.ts';
import type { Reason } from '../../shared/domain/decision.ts';
import type { Outcome } from '../../shared/domain/outcome.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import type { OnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import type { Champion } from '../../shared/scoring/champion.ts';
import { explainFlagged } from '../../shared/scoring/explain-flagged.ts';
import type { Effect } from '../../shared/scoring/rank-effects.ts';
import {
  createScorer,
  type DecidedEvaluation,
  type ScoreRequest,
  type ScoringModel,
} from '../../shared/scoring/scorer.ts';
import { labelMarksOf } from '../../shared/sequence/label-marks.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import type { CardPast } from './typical-values.ts';

const CHUNK = 256;
/** Earlier decisions of the card whose features say what is typical of it. */
const PAST_KEPT = 20;
/** With fewer there is no saying. */
export const LEAST_PAST = 3;

export type Line =
  | {
      readonly kind: 'transaction';
      readonly transaction: Transaction;
      readonly isFraud: boolean;
      readonly typology?: string | undefined;
    }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

export interface FlaggedAlert {
  readonly transaction: Transaction;
  readonly isFraud: boolean;
  readonly typology: string | undefined;
  readonly evaluation: DecidedEvaluation;
  readonly effects: readonly Effect[];
  /** The reasons that it would have without occlusion. */
  readonly bySurprise: readonly Reason[];
  readonly past: CardPast;
}

export interface AlertOptions {
  readonly champion: Champion;
  readonly encoder: OnnxEncoder;
  /** Before it everything is appended only, ms. */
  readonly fromMs: number;
  readonly isFlagged: (evaluation: DecidedEvaluation) => boolean;
}

export interface CollectedAlerts {
  readonly alerts: readonly FlaggedAlert[];
  readonly decided: number;
  readonly frauds: number;
}

/** Tells, scores and labels in order of time; keeps what `isFlagged` picks, explained in full. */
export async function collectAlerts(
  lines: AsyncIterable<Line> | Iterable<Line>,
  options: AlertOptions,
): Promise<CollectedAlerts> {
  const collector = createCollector(options);
  for await (const line of lines) await collector.add(line);
  return collector.end();
}

type TransactionLine = Extract<Line, { kind: 'transaction' }>;

function createCollector({ champion, encoder, fromMs, isFlagged }: AlertOptions) {
  const scorer = createScorer({ champion, clock: systemClock, encoder });
  /** Histories need no readings. */
  const quick = createScorer({ champion, clock: systemClock });
  const store = createMemoryStateStore();
  const pasts = createPasts();
  const alerts: FlaggedAlert[] = [];
  let pending: TransactionLine[] = [];
  let outcomes: Outcome[] = [];
  let isJudged = false;
  let [decided, frauds] = [0, 0];

  async function take(line: TransactionLine, evaluation: DecidedEvaluation): Promise<void> {
    const past = pasts.of(line.transaction.cardToken);
    if (isJudged) {
      decided++;
      if (line.isFraud) frauds++;
      if (isFlagged(evaluation)) alerts.push(await toAlert(line, evaluation, { model: scorer.model, past }));
    }
    pasts.add(line.transaction.cardToken, evaluation.context.features);
  }

  async function flush(): Promise<void> {
    const requests = pending.map(({ transaction }): ScoreRequest => {
      return { transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 };
    });
    const evaluate = (isJudged ? scorer : quick).evaluateMany;
    const evaluations = await evaluate(requests, (keys) => store.readRecords(keys));
    for (const [index, evaluation] of evaluations.entries()) {
      const line = pending[index];
      if (line && evaluation.kind === 'decided') await take(line, evaluation);
    }
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
    await store.commit({ labels: outcomes.flatMap((outcome) => labelMarksOf(outcome)) });
    [pending, outcomes] = [[], []];
  }

  return {
    add: async (line: Line): Promise<void> => {
      if (line.kind === 'outcome') {
        outcomes.push(line.outcome);
        return;
      }
      if (!isJudged && Date.parse(line.transaction.eventTime) >= fromMs) {
        await flush();
        isJudged = true;
      }
      pending.push(line);
      if (pending.length === CHUNK) await flush();
    },
    end: async (): Promise<CollectedAlerts> => {
      await flush();
      return { alerts, decided, frauds };
    },
  };
}

/** The last features of every card, copied: contexts live in slabs. */
function createPasts() {
  const pasts = new Map<string, Float32Array[]>();
  return {
    of: (card: string): CardPast => [...(pasts.get(card) ?? [])],
    add: (card: string, features: Float32Array): void => {
      const past = pasts.get(card) ?? [];
      pasts.set(card, past);
      past.push(features.slice());
      if (past.length > PAST_KEPT) past.shift();
    },
  };
}

async function toAlert(
  { transaction, isFraud, typology }: TransactionLine,
  evaluation: DecidedEvaluation,
  { model, past }: { readonly model: ScoringModel; readonly past: CardPast },
): Promise<FlaggedAlert> {
  const [explained] = await explainFlagged([evaluation], { model, isFull: true });
  const effects = explained?.kind === 'decided' ? (explained.effects ?? []) : [];
  const { context, encoded } = evaluation;
  const { champion } = model;
  const { rarity } = champion.viewOf(transaction.portfolioId);
  const bits = rarity.measure({ readings: encoded?.readings, features: context.features });
  const kept = { ...context, events: context.events.slice(), features: context.features.slice() };
  return {
    transaction,
    isFraud,
    typology,
    evaluation: { ...evaluation, context: kept },
    effects,
    bySurprise: champion.explain(bits),
    past,
  };
}

// test/quality/drift-replay.ts: a simulated portfolio through the product's scorer: every decided transaction as drift is measured on it.
import type { Transaction } from '../../shared/domain/transaction.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import { fullHeadInputs, writeHeadInput } from '../../shared/head/head-inputs.ts';
import { createScorer, type DecidedEvaluation, type ScoringModel } from '../../shared/scoring/scorer.ts';
import type { SimulatedRecord, SimulatedTransaction } from '../../shared/simulation/simulated-record.ts';

/** A decided transaction: what the head saw, what was said of it, and what it truly was. */
export interface ScoredRow {
  readonly eventTimeMs: number;
  /** In the order of `fullHeadInputs`. */
  readonly values: Float32Array;
  readonly score: number;
  readonly isAlert: boolean;
  /** Typology when it is a fraud. */
  readonly typology: string | undefined;
}

const CHUNK_ROWS = 256;

/** Rows of the decided transactions from `rowsFromMs` on, in order; those before only make history. */
export async function* scoreStream(
  stream: Iterable<SimulatedRecord>,
  model: ScoringModel,
  rowsFromMs: number,
): AsyncGenerator<ScoredRow> {
  const { champion } = model;
  const width = fullHeadInputs(champion.config).length;
  const replay = createReplay({
    referenceOf: (portfolioId) => champion.viewOf(portfolioId).reference,
    settings: champion.featureSettings,
  });
  const scorer = createScorer({ ...model, clock: { now: () => rowsFromMs } });
  let waiting: SimulatedTransaction[] = [];

  async function* score(): AsyncGenerator<ScoredRow> {
    const records = waiting;
    waiting = [];
    const evaluations = await scorer.evaluateMany(
      records.map(({ transaction }) => toRequest(transaction)),
      (keys) => keys.map((key) => replay.records.get(key)),
    );
    for (const [index, evaluation] of evaluations.entries()) {
      replay.append(evaluation.transaction);
      if (evaluation.kind === 'decided')
        yield { ...toRow(evaluation, width), typology: records[index]?.truth.typology };
    }
  }

  for (const record of stream) {
    if (record.kind === 'outcome') {
      yield* score();
      replay.mark(record.outcome);
    } else if (Date.parse(record.transaction.eventTime) < rowsFromMs) replay.append(record.transaction);
    else if (waiting.push(record) >= CHUNK_ROWS) yield* score();
  }
  yield* score();
}

function toRequest(transaction: Transaction) {
  const eventTimeMs = Date.parse(transaction.eventTime);
  return { transaction, eventTimeMs, receivedAtMs: eventTimeMs };
}

function toRow(evaluation: DecidedEvaluation, width: number): Omit<ScoredRow, 'typology'> {
  const { transaction, context, encoded, decision } = evaluation;
  const values = new Float32Array(width);
  writeHeadInput({ readings: encoded?.readings, features: context.features, events: context.events }, values);
  return {
    eventTimeMs: Date.parse(transaction.eventTime),
    values,
    score: decision.score,
    isAlert: decision.decision !== 'approve',
  };
}

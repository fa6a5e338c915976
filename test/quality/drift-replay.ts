// test/quality/drift-replay.ts: a simulated portfolio through the product's scorer: every decided transaction as drift is measured on it.

import type { Transaction } from '../../shared/domain/transaction.ts';
import type { DriftRow } from '../../shared/drift/drift-row.ts';
import { createReplay } from '../../shared/features/replay-into-memory.ts';
import { fullHeadInputs, writeHeadInput } from '../../shared/head/head-inputs.ts';
import { createScorer, type DecidedEvaluation, type ScoringModel } from '../../shared/scoring/scorer.ts';
import { hashTransactionId } from '../../shared/sequence/id-hash.ts';
import type { SimulatedRecord, SimulatedTransaction } from '../../shared/simulation/simulated-record.ts';

const CHUNK_ROWS = 256;

/** Rows of the decided transactions from `rowsFromMs` on, in order; those before only make history. */
export async function* scoreStream(
  stream: Iterable<SimulatedRecord>,
  model: ScoringModel,
  rowsFromMs: number,
): AsyncGenerator<DriftRow> {
  const { champion } = model;
  const width = fullHeadInputs(champion.config).length;
  const replay = createReplay({
    referenceOf: (portfolioId) => champion.viewOf(portfolioId).reference,
    settings: champion.featureSettings,
  });
  const scorer = createScorer({ ...model, clock: { now: () => rowsFromMs } });
  let waiting: SimulatedTransaction[] = [];

  async function* score(): AsyncGenerator<DriftRow> {
    const records = waiting;
    waiting = [];
    const evaluations = await scorer.evaluateMany(
      records.map(({ transaction }) => toRequest(transaction)),
      (keys) => keys.map((key) => replay.records.get(key)),
    );
    for (const evaluation of evaluations) {
      replay.append(evaluation.transaction);
      if (evaluation.kind === 'decided') yield toRow(evaluation, width);
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

function toRow(evaluation: DecidedEvaluation, width: number): DriftRow {
  const { transaction, context, encoded, decision } = evaluation;
  const values = new Float32Array(width);
  writeHeadInput({ readings: encoded?.readings, features: context.features, events: context.events }, values);
  return {
    eventTimeMs: Date.parse(transaction.eventTime),
    card: hashTransactionId(transaction.cardToken).idLow,
    values,
    score: decision.score,
    isAlert: decision.decision !== 'approve',
  };
}

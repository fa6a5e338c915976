// test/support/simulated-history.ts: a simulated portfolio as the labelled history that a transfer learns from.
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';
import type { HistoryLine } from '../../shared/transfer/transfer-rows.ts';

/** Every transaction with what it truly was, every outcome when it became known. */
export const simulateHistory = (options: SimulationOptions): HistoryLine[] =>
  [...createSimulation(options)].map((record) =>
    record.kind === 'outcome'
      ? record
      : { kind: 'transaction', transaction: record.transaction, label: record.truth.label },
  );

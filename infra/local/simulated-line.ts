// infra/local/simulated-line.ts: a record of the simulator as a line to replay: an outcome comes when it became known.
import type { MappedLine } from '../../shared/replay/read-mapped.ts';
import type { SimulatedRecord } from '../../shared/simulation/simulated-record.ts';

export function toLine(record: SimulatedRecord): MappedLine {
  if (record.kind === 'outcome') return { ...record, knownAtMs: Date.parse(record.outcome.labeledAt) };
  const { transaction, truth } = record;
  return {
    kind: 'transaction',
    transaction,
    label: truth.label,
    eventTimeMs: Date.parse(transaction.eventTime),
  };
}

/** The instant at which it is sent, ms. */
export const timeOf = (line: MappedLine): number =>
  line.kind === 'transaction' ? line.eventTimeMs : line.knownAtMs;

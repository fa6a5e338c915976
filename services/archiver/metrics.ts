// services/archiver/metrics.ts: what was archived and what was not, counted.
import { Counter, Histogram, Registry } from 'prom-client';

export interface ArchiverMetrics {
  readonly registry: Registry;
  readonly rows: Counter<'kind'>;
  readonly refused: Counter<'topic'>;
  readonly ranges: Histogram;
  readonly compacted: Counter<'kind'>;
}

export function createArchiverMetrics(): ArchiverMetrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    rows: new Counter({
      name: 'fraud_archived_rows_total',
      help: 'Rows written into the archive.',
      labelNames: ['kind'],
      registers,
    }),
    refused: new Counter({
      name: 'fraud_archive_refused_total',
      help: 'Records that are no training row or no outcome.',
      labelNames: ['topic'],
      registers,
    }),
    ranges: new Histogram({
      name: 'fraud_archive_range_seconds',
      help: 'Time from the last record of a range to its mark.',
      buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
      registers,
    }),
    compacted: new Counter({
      name: 'fraud_archive_compacted_files_total',
      help: 'Small files that became part of a larger one.',
      labelNames: ['kind'],
      registers,
    }),
  };
}

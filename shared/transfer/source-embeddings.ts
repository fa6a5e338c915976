// shared/transfer/source-embeddings.ts: how an encoder's embeddings lie on the simulated traffic it was pretrained on: what alignment aims at.
import { type EmbeddingStatistics, measureEmbeddings } from '../head/alignment.ts';
import { createSimulation, type SimulationOptions } from '../simulation/simulation.ts';
import { parseTransferConfig } from './transfer-config.ts';
import { type BuiltEncoder, encodeWindows } from './transfer-inputs.ts';
import { collectTransferRows, type HistoryLine, type TransferRows } from './transfer-rows.ts';

/** Enough rows for a covariance of 64 columns, few enough for seconds. */
const sizes = {
  seed: 9_500_001,
  portfolios: 1,
  cards: 150,
  days: 60,
  startTime: '2025-01-06T00:00:00.000Z',
  domain: 'any',
} as const;

/** A portfolio of a seed that no pretraining uses. */
async function* tellSimulated(options: SimulationOptions): AsyncGenerator<readonly HistoryLine[]> {
  for (const record of createSimulation(options)) {
    if (record.kind === 'transaction') yield [{ kind: 'transaction', transaction: record.transaction }];
  }
}

/** Rows of simulated traffic, the same ones always. An imported encoder was pretrained on something else: this is then what it is compared on. */
export function collectSourceRows(): Promise<TransferRows> {
  const config = parseTransferConfig({
    technique: 'feature-extraction',
    genuineEvery: 4,
    windows: { calibrateShare: 0.05, testShare: 0.05, labelDelayDays: 0 },
  });
  return collectTransferRows(() => tellSimulated(sizes), config);
}

export async function measureSourceEmbeddings(encoder: BuiltEncoder): Promise<EmbeddingStatistics> {
  const { training } = await encodeWindows(await collectSourceRows(), encoder);
  const { values, inputs } = training;
  return measureEmbeddings(values, inputs.length, encoder.config.width);
}

// shared/prepare/score-prepared.ts: prepared data through a model version, offline: the histories, features, encoder and head that scoring uses.
import { isDecided } from '../domain/transaction.ts';
import type { Encoder, EncoderRow } from '../encoder/encoder.ts';
import { createReplay } from '../features/replay-into-memory.ts';
import type { Champion } from '../scoring/champion.ts';
import type { PreparedData, PreparedTransaction } from './read-prepared.ts';

export interface ScorePreparedOptions {
  readonly champion: Champion;
  /** Started from the champion's `encoderParts`. */
  readonly encoder: Pick<Encoder, 'encodeMany'>;
  /** Only transactions from here on are scored; earlier ones fill the histories. Milliseconds. */
  readonly fromMs?: number | undefined;
  /** Event times end before this. */
  readonly untilMs?: number | undefined;
  readonly onProgress?: (transactions: number) => void;
}

export interface ScoredTransaction {
  readonly row: PreparedTransaction;
  /** Calibrated probability. */
  readonly score: number;
}

/** Scores decided transactions in event-time order; a label is seen in the histories from the moment it was known. */
export async function* scorePrepared(
  data: PreparedData,
  { champion, encoder, fromMs = 0, untilMs = Number.POSITIVE_INFINITY, onProgress }: ScorePreparedOptions,
): AsyncGenerator<ScoredTransaction[]> {
  const replay = createReplay({
    referenceOf: (portfolioId) => champion.viewOf(portfolioId).reference,
    settings: champion.featureSettings,
  });
  let told = 0;
  for await (const lines of data.lines()) {
    const rows: PreparedTransaction[] = [];
    const inputs: EncoderRow[] = [];
    for (const line of lines) {
      if (line.kind === 'outcome') {
        replay.mark(line.outcome);
        continue;
      }
      told++;
      if (line.eventTimeMs >= untilMs) continue;
      if (line.eventTimeMs < fromMs || !isDecided(line.transaction)) {
        replay.append(line.transaction);
        continue;
      }
      const { context } = replay.push(line.transaction);
      const { portfolioId, eventCount } = context;
      rows.push(line);
      // Copied: contexts are cut from slabs, and the encoder's worker takes the buffers.
      inputs.push({
        portfolioId,
        eventCount,
        events: context.events.slice(),
        features: context.features.slice(),
      });
    }
    onProgress?.(told);
    if (inputs.length === 0) continue;
    const encoded = await encoder.encodeMany(inputs);
    yield rows.map((row, at) => ({
      row,
      score: champion.calibrators.full.toScore(encoded[at].rawScores[0]),
    }));
  }
}

// test/parity/training-rows.test.ts: 10,000 training rows of simulated traffic, encoded again from their bytes, give the readings they carry.
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { trainingRowSchema } from '../../shared/domain/training-row.ts';
import type { EncoderRow } from '../../shared/encoder/encoder.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { digestContext } from '../../shared/features/digests.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createScorer, type Evaluation, type ScoreRequest } from '../../shared/scoring/scorer.ts';
import { encodeTrainingRow } from '../../shared/scoring/to-training-row.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';

const ROWS = 10_000;
const CHUNK = 250;

function toFloats(text: string | undefined): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text ?? '', 'base64'));
  return new Float32Array(bytes.buffer);
}

test('stored readings, digest and raw score come back from the stored context', async () => {
  const champion = createChampion(await loadShipped());
  const encoder = await createOnnxEncoder(champion.encoderParts);
  const scorer = createScorer({ champion, encoder, clock: systemClock });
  const store = createMemoryStateStore();
  const rows: string[] = [];
  const take = async (requests: readonly ScoreRequest[]): Promise<void> => {
    const evaluations: Evaluation[] = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
    for (const evaluation of evaluations) {
      if (evaluation.kind === 'decided') rows.push(encodeTrainingRow(evaluation, 'in-0@0').toString());
    }
  };
  let requests: ScoreRequest[] = [];
  for (const record of createSimulation({ seed: 31, cards: 200, days: 60 })) {
    if (record.kind !== 'transaction') continue;
    const { transaction } = record;
    requests.push({ transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 });
    if (requests.length < CHUNK) continue;
    await take(requests);
    requests = [];
    if (rows.length >= ROWS) break;
  }
  expect(rows.length).toBeGreaterThanOrEqual(ROWS);

  let largest = 0;
  // Other neighbours than at scoring time: every seventh row together.
  for (let first = 0; first < 7; first++) {
    const parsed = rows
      .filter((_, index) => index % 7 === first)
      .map((text) => trainingRowSchema.parse(JSON.parse(text)));
    const again = parsed.map((row): EncoderRow => {
      const events = Uint8Array.from(Buffer.from(row.context, 'base64'));
      const { portfolioId } = row;
      return {
        portfolioId,
        events,
        eventCount: events.length / EVENT_BYTES,
        features: toFloats(row.features),
      };
    });
    const encoded = await encoder.encodeMany(again);
    parsed.forEach((row, index) => {
      const readings = encoded[index]?.readings ?? new Float32Array();
      const stored = toFloats(row.readings);
      expect(stored).toHaveLength(readings.length);
      for (let at = 0; at < stored.length; at++) {
        largest = Math.max(largest, Math.abs((stored[at] ?? 0) - (readings[at] ?? 0)));
      }
      largest = Math.max(largest, Math.abs((row.rawScore ?? 0) - (encoded[index]?.rawScores[0] ?? 0)));
      const { events, features } = again[index] ?? { events: new Uint8Array(), features: new Float32Array() };
      expect(digestContext(events, features, row.referenceDigest ?? '')).toBe(row.contextDigest);
    });
  }
  await encoder.close();
  expect(largest).toBeLessThan(1e-4);
});

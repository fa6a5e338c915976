// test/parity/reasons.test.ts: the shipped champion's reasons are the same whatever they are batched with, on however many threads.
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { type Decision, toCanonicalDecision } from '../../shared/domain/decision.ts';
import { createOnnxEncoder } from '../../shared/encoder/onnx-encoder.ts';
import { loadShipped } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { createScorer, type ScoreRequest } from '../../shared/scoring/scorer.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';

const requests: ScoreRequest[] = [
  ...createSimulation({ seed: 77, cards: 30, days: 35, fraudRate: 0.03, appliedEvents: false }),
].flatMap((record) =>
  record.kind === 'transaction'
    ? [
        {
          transaction: record.transaction,
          eventTimeMs: Date.parse(record.transaction.eventTime),
          receivedAtMs: 0,
        },
      ]
    : [],
);

async function decideAll(chunk: number, workers: number): Promise<Decision[]> {
  const champion = createChampion(await loadShipped());
  const encoder = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu', workers });
  const scorer = createScorer({ champion, encoder, clock: systemClock });
  const store = createMemoryStateStore();
  const decisions: Decision[] = [];
  for (let from = 0; from < requests.length; from += chunk) {
    const evaluations = await scorer.evaluateMany(requests.slice(from, from + chunk), (keys) =>
      store.readRecords(keys),
    );
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
    decisions.push(...evaluations.flatMap((one) => (one.kind === 'decided' ? [one.decision] : [])));
  }
  await encoder.close();
  return decisions;
}

test('reasons of two replicas with other chunks and threads are equal to the last place', async () => {
  const large = await decideAll(400, 2);
  const small = await decideAll(7, 1);
  const explained = large.filter(({ reasonsFrom }) => reasonsFrom === 'occlusion');
  expect(explained.length).toBeGreaterThan(10);
  const pick = (decision: Decision) => {
    const { decisionId, decision: verb, reasonCodes, reasonsFrom } = toCanonicalDecision(decision);
    return { decisionId, verb, reasonCodes, reasonsFrom };
  };
  expect(small.map(pick)).toEqual(large.map(pick));
});

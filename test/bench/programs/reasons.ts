// test/bench/programs/reasons.ts: `npm run bench -- reasons [transactions]`: what reasons by occlusion cost: an explained transaction beside a scored one, alternated; and the share that is explained.
import { systemClock } from '../../../shared/clock.ts';
import { createOnnxEncoder } from '../../../shared/encoder/onnx-encoder.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { explainFlagged } from '../../../shared/scoring/explain-flagged.ts';
import { createScorer, type DecidedEvaluation, type ScoreRequest } from '../../../shared/scoring/scorer.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { type BenchReport, median } from '../bench-report.ts';

const ROUNDS = 9;
const CHUNK = 250;
/** Rows of one round: full windows mostly, as in a portfolio that has run for a while. */
const ROUND_ROWS = 64;
const microsOf = ({ user, system }: NodeJS.CpuUsage): number => user + system;

function* requestsOf(most: number): Generator<ScoreRequest> {
  let count = 0;
  for (const record of createSimulation({ seed: 12, cards: 150, days: 120, fraudRate: 0.003 })) {
    if (record.kind !== 'transaction') continue;
    const { transaction } = record;
    yield { transaction, eventTimeMs: Date.parse(transaction.eventTime), receivedAtMs: 0 };
    if (++count === most) return;
  }
}

/** Scores the stream as the stream scorer would; the rows a round is measured on are its last. */
async function scoreStream(most: number) {
  const champion = createChampion(await loadShipped());
  const encoder = await createOnnxEncoder({ ...champion.encoderParts, provider: 'cpu', workers: 1 });
  const scorer = createScorer({ champion, encoder, clock: systemClock });
  const store = createMemoryStateStore();
  const last: DecidedEvaluation[] = [];
  let [decided, explained] = [0, 0];
  let requests: ScoreRequest[] = [];
  const flush = async (): Promise<void> => {
    const evaluations = await scorer.evaluateMany(requests, (keys) => store.readRecords(keys));
    await store.commit({ appends: evaluations.flatMap(({ appends }) => appends) });
    for (const evaluation of evaluations) {
      if (evaluation.kind !== 'decided') continue;
      decided++;
      if (evaluation.decision.reasonsFrom === 'occlusion') explained++;
      const { context } = evaluation;
      const kept = { ...context, events: context.events.slice(), features: context.features.slice() };
      last.push({ ...evaluation, context: kept });
      if (last.length > ROUND_ROWS) last.shift();
    }
    requests = [];
  };
  for (const request of requestsOf(most)) {
    requests.push(request);
    if (requests.length === CHUNK) await flush();
  }
  await flush();
  return { model: scorer.model, encoder, last, decided, explained };
}

export async function measure([transactions = '12000']: readonly string[]): Promise<BenchReport> {
  const { model, encoder, last, decided, explained } = await scoreStream(Number(transactions));
  const contexts = last.map(({ context }) => context);
  const ways = [
    { name: 'scored: one pass', run: () => encoder.encodeMany(contexts), micros: [] as number[] },
    {
      name: 'explained: groups and events taken away',
      run: () => explainFlagged(last, { model, isFull: true }),
      micros: [] as number[],
    },
  ];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { run, micros } of ways) {
      const before = process.cpuUsage();
      await run();
      // The first round compiles.
      if (round > 0) micros.push(microsOf(process.cpuUsage(before)) / last.length);
    }
  }
  await encoder.close();
  const [scored = Number.NaN, explaining = Number.NaN] = ways.map(({ micros }) => median(micros));
  const share = explained / decided;
  return {
    table: ways.map(({ name }, place) => ({
      what: name,
      'cpu µs per transaction': (place === 0 ? scored : explaining).toFixed(0),
      passes: ((place === 0 ? scored : explaining) / scored).toFixed(1),
    })),
    figures: {
      decided,
      explained,
      explainedShare: share,
      scoredMicros: scored,
      explainedMicros: explaining,
      addedMicrosPerTransaction: share * explaining,
      addedShareOfEncoder: (share * explaining) / scored,
    },
  };
}

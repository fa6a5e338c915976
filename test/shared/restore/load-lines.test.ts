// test/shared/restore/load-lines.test.ts: loaded histories are those that scoring the same stream would have left, with nothing decided.
import { expect, test } from 'vitest';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { type HistoryLine, loadLines } from '../../../shared/restore/load-lines.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createHistoryLoader } from '../../../shared/scoring/load-history.ts';
import { createMemoryStateStore } from '../../../shared/sequence/memory-state-store.ts';
import { digestOfStore } from '../../../shared/sequence/store-digest.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

const lines: HistoryLine[] = [...createSimulation({ seed: 3, cards: 20, days: 120, fraudRate: 0.02 })];

async function* inChunks(size: number): AsyncGenerator<HistoryLine[]> {
  for (let from = 0; from < lines.length; from += size) yield lines.slice(from, from + size);
}

test('a loaded stream leaves the histories of a replay, whatever the chunks', async () => {
  const champion = createChampion(createSmallVersion());
  const replay = createReplay({
    referenceOf: (portfolioId) => champion.viewOf(portfolioId).reference,
    settings: champion.featureSettings,
  });
  for (const line of lines) {
    if (line.kind === 'outcome') replay.mark(line.outcome);
    else replay.push(line.transaction);
  }
  const inOrder = [...replay.records].sort(([left], [right]) =>
    Buffer.compare(Buffer.from(left), Buffer.from(right)),
  );
  const expected = await digestOfStore({
    scanRecords: () => inOrder.map(([entityKey, record]) => ({ entityKey, record })),
  });
  for (const size of [1000, 37]) {
    const store = createMemoryStateStore();
    const counts = await loadLines(inChunks(size), { store, loader: createHistoryLoader(store, champion) });
    expect(counts.transactions + counts.outcomes).toBe(lines.length);
    expect(await digestOfStore(store)).toEqual(expected);
    const first = lines.find((line) => line.kind === 'transaction');
    const { portfolioId, transactionId } = first?.kind === 'transaction' ? first.transaction : expect.fail();
    expect(await store.findDecisions([`${portfolioId}|${transactionId}`])).toEqual([undefined]);
  }
});

test('a file read again brings no erased card back, and takes nothing from merchants', async () => {
  const champion = createChampion(createSmallVersion());
  const payment = lines.find((line) => line.kind === 'transaction' && line.transaction.merchant);
  const { cardToken: gone, portfolioId } =
    payment?.kind === 'transaction' ? payment.transaction : expect.fail();
  const erasures = {
    isErased: (portfolio: string, card: string) => portfolio === portfolioId && card === gone,
  };
  const [whole, without] = [createMemoryStateStore(), createMemoryStateStore()];
  await loadLines(inChunks(100), { store: whole, loader: createHistoryLoader(whole, champion) });
  const loader = createHistoryLoader(without, champion, erasures);
  await loadLines(inChunks(100), { store: without, loader, erasures });
  const keysOf = async (store: typeof whole) => {
    const keys: string[] = [];
    for await (const { entityKey } of store.scanRecords()) keys.push(entityKey);
    return keys;
  };
  const expected = (await keysOf(whole)).filter((key) => key !== `c|${portfolioId}|${gone}`);
  expect(await keysOf(without)).toEqual(expected);
});

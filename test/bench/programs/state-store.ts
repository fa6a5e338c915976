// test/bench/programs/state-store.ts: `npm run bench -- state-store [cards] [eventsPerCard]`: what a transaction costs in the state store.
import type { BenchReport } from '../bench-report.ts';
import { measureStateStore } from '../state-store.ts';

export async function measure([
  cards = '100000',
  eventsPerCard = '24',
]: readonly string[]): Promise<BenchReport> {
  const figures = await measureStateStore({
    cards: Number(cards),
    merchants: 2000,
    eventsPerCard: Number(eventsPerCard),
    chunks: 100,
    chunkSize: 256,
  });
  const { load, ...measured } = figures;
  const table = Object.entries(measured).map(([figure, value]) => ({ figure, value: value.toFixed(1) }));
  return { table, figures: { load, ...measured } };
}

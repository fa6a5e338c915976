// test/bench/programs/retraining.ts: `npm run bench -- retraining [rows] [context]`: rows archived per second, and a head retraining over them.
import type { BenchReport } from '../bench-report.ts';
import { measureRetraining } from '../retraining.ts';

export async function measure([
  rows = '1000000',
  context = 'own-event',
]: readonly string[]): Promise<BenchReport> {
  const figures = await measureRetraining(Number(rows), context === 'whole');
  const { seconds, ...shown } = figures;
  const table = [
    ...Object.entries(shown),
    ...Object.entries(seconds).map(([stage, value]) => [`seconds: ${stage}`, value] as const),
  ].map(([figure, value]) => ({ figure, value: String(value) }));
  return { table, figures: { ...figures } };
}

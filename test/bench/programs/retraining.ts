// test/bench/programs/retraining.ts: `npm run bench -- retraining [rows]`: rows archived per second, and a head retraining over so many.
import type { BenchReport } from '../bench-report.ts';
import { measureRetraining } from '../retraining.ts';

export async function measure([rows = '2000000']: readonly string[]): Promise<BenchReport> {
  const figures = await measureRetraining(Number(rows));
  const { seconds, lightgbm, ...shown } = figures;
  const table = [
    ...Object.entries(shown),
    ...Object.entries(seconds).map(([stage, value]) => [`seconds: ${stage}`, value] as const),
    ...Object.entries(lightgbm).map(([name, value]) => [`LightGBM: ${name}`, value] as const),
    ['wall, ÷ LightGBM', (figures.wallSeconds / lightgbm.seconds).toFixed(2)] as const,
    [
      'processor time, ÷ LightGBM',
      (figures.processorSeconds / lightgbm.processorSeconds).toFixed(2),
    ] as const,
  ].map(([figure, value]) => ({ figure, value: String(value) }));
  return { table, figures: { ...figures } };
}

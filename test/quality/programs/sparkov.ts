// test/quality/programs/sparkov.ts: `npm run quality -- sparkov`: few labels on another maker's portfolio, at three prevalences of fraud.
import { runSparkovFewLabels } from '../sparkov-few-labels.ts';

/** `[--prevalence 1.41%|0.19%|0.02%]… [--k N]… [--draws N] [--steps N] [--start shipped|random]` */
export async function run(args: readonly string[]): Promise<void> {
  await runSparkovFewLabels(args);
}

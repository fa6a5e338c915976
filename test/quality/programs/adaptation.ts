// test/quality/programs/adaptation.ts: does the shipped encoder earn its place on portfolios it has not seen?
import { runAdaptation } from '../adaptation.ts';

/** `npm run quality -- adaptation [sparkov|simulated] [--encoder small] [--steps N,N] [--draws N] [--every N]` */
export async function run(args: readonly string[]): Promise<void> {
  await runAdaptation(args);
}

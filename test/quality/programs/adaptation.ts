// test/quality/programs/adaptation.ts: does the shipped encoder earn its place on another maker's portfolio?
import { runAdaptation } from '../adaptation.ts';

/** `npm run quality -- adaptation [--encoder small] [--steps N,N] [--draws N]` */
export async function run(args: readonly string[]): Promise<void> {
  await runAdaptation(args);
}

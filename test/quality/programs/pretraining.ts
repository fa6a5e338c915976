// test/quality/programs/pretraining.ts: does pretraining pay? Sparkov with few labels, and simulated portfolios never seen.
import { runSparkov } from '../sparkov.ts';

/** `npm run quality -- pretraining [sparkov|simulated] [--steps N] [--draws N]` */
export async function run(args: readonly string[]): Promise<void> {
  const only = args[0];
  if (only === undefined || only === 'sparkov') await runSparkov(args);
}

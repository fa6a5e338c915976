// test/quality/programs/pretraining.ts: does pretraining pay? Sparkov with few labels, and simulated portfolios never seen.
import { runSimulated } from '../simulated.ts';
import { runSparkov } from '../sparkov.ts';

/** `npm run quality -- pretraining [sparkov [--steps N] [--draws N]|simulated [--seeds N,N]]` */
export async function run(args: readonly string[]): Promise<void> {
  const only = args[0]?.startsWith('--') ? undefined : args[0];
  if (only === undefined || only === 'sparkov') await runSparkov(args);
  if (only === undefined || only === 'simulated') await runSimulated(args);
}

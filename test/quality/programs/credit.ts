// test/quality/programs/credit.ts: the credit head on real outcomes: five folds beside gradient boosting, with and without the encoder.
import { runCredit } from '../credit.ts';

/** `npm run quality -- credit [--variants none,random,pretrained] [--seeds N] [--clients N]` */
export async function run(args: readonly string[]): Promise<void> {
  await runCredit(args);
}

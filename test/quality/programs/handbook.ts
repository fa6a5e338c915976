// test/quality/programs/handbook.ts: `npm run quality -- handbook [choose|judge]`: the published protocol, our head beside gradient boosting.
import { runHandbook } from '../handbook.ts';

/** `[choose|judge] [--method NAME]… [--fold TRAIN-START]… [--seeds N] [--rounds N]` */
export async function run(args: readonly string[]): Promise<void> {
  await runHandbook(args);
}

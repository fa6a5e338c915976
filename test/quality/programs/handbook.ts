// test/quality/programs/handbook.ts: `npm run quality -- handbook [choose|judge|week|few]`: the published protocol, our head beside gradient boosting.
import { runHandbook } from '../handbook.ts';
import { runHandbookFew } from '../handbook-few.ts';
import { runHandbookWeek } from '../handbook-week.ts';

/** `[choose|judge] [--method NAME]… [--fold TRAIN-START]… [--seeds N] [--rounds N]`, `week [choose|judge]`: seven days of labelled rows; `few`: the labels of few cards. */
export async function run(args: readonly string[]): Promise<void> {
  if (args[0] === 'week') await runHandbookWeek(args.slice(1));
  else if (args[0] === 'few') await runHandbookFew(args.slice(1));
  else await runHandbook(args);
}

// test/quality/programs/credit-http.ts: the credit head over HTTP: real clients loaded as histories, asked of a real server, fold by fold, beside the offline figures.
import { runCreditHttp } from '../credit-http.ts';

/** `npm run quality -- credit-http [--clients N] [--folds 0,1,…]`, after `npm run quality -- credit --variants pretrained` */
export async function run(args: readonly string[]): Promise<void> {
  await runCreditHttp(args);
}

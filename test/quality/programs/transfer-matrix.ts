// test/quality/programs/transfer-matrix.ts: does it matter which encoder is transferred, and was the recommended one the best?
import { runTransferMatrix } from '../transfer-matrix.ts';

/** `npm run quality -- transfer-matrix [--cards N] [--techniques a,b] [--targets a,b]` */
export async function run(args: readonly string[]): Promise<void> {
  await runTransferMatrix(args);
}

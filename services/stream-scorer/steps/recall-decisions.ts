// services/stream-scorer/steps/recall-decisions.ts: decided before? then the stored bytes go out again; other content under a known id is refused.
import { AppError } from '../../../shared/errors.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import type {
  ParsedChunk,
  RecalledChunk,
  RecalledTransaction,
  ReceivedTransaction,
  RefusedRecord,
  Step,
} from '../chunk.ts';

const toConflict = ({ record }: ReceivedTransaction): RefusedRecord => ({
  record,
  error: new AppError('FRAUD_TRANSACTION_CONFLICT', { field: 'transactionId' }),
});

/** Splits what was received into first sights, redeliveries, repeats within the chunk and conflicts. */
export function createRecallDecisionsStep({
  store,
}: {
  readonly store: StateStore;
}): Step<ParsedChunk, RecalledChunk> {
  return async function recallDecisions(chunk) {
    const stored = await store.findDecisions(chunk.received.map(({ decisionKey }) => decisionKey));
    const fresh = new Map<string, ReceivedTransaction>();
    const recalled: RecalledTransaction[] = [];
    const repeats: ReceivedTransaction[] = [];
    const refused = [...chunk.refused];
    for (const [index, received] of chunk.received.entries()) {
      const known = stored[index];
      const first = fresh.get(received.decisionKey);
      const earlierHash = known?.contentHash ?? first?.contentHash;
      if (earlierHash === undefined) fresh.set(received.decisionKey, received);
      // '' in a rebuilt store whose topic did not tell the hash: any content is taken for the same.
      else if (earlierHash !== '' && earlierHash !== received.contentHash) refused.push(toConflict(received));
      else if (known) recalled.push({ received, decisionBytes: known.bytes });
      else repeats.push(received);
    }
    return { ...chunk, fresh: [...fresh.values()], recalled, repeats, refused };
  };
}

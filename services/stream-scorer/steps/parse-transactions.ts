// services/stream-scorer/steps/parse-transactions.ts: bytes → Transaction, or a dead letter that names the field.
import type { Clock } from '../../../shared/clock.ts';
import { contentHashOf } from '../../../shared/decisions/content-hash.ts';
import type { EdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { parseTransaction } from '../../../shared/edge/parse-transaction.ts';
import type { Tombstones } from '../../../shared/erasure/tombstones.ts';
import { AppError } from '../../../shared/errors.ts';
import type { InputRecord } from '../../../shared/kafka/records.ts';
import type { ScorerMetrics } from '../../../shared/observability/metrics.ts';
import type { Chunk, ParsedChunk, ReceivedTransaction, RefusedRecord, Step } from '../chunk.ts';

/** Refuses nothing silently: each record of the chunk is in `received` or in `refused`. */
export function createParseTransactionsStep(parts: {
  readonly clock: Clock;
  readonly edge: EdgeSettings;
  readonly metrics: ScorerMetrics;
  readonly erasures: Pick<Tombstones, 'isErased'>;
}): Step<Chunk, ParsedChunk> {
  return function parseTransactions(chunk) {
    const received: ReceivedTransaction[] = [];
    const refused: RefusedRecord[] = [];
    const nowMs = parts.clock.now();
    for (const record of chunk.records) {
      const parsed = parseTransaction(record.value, record.key, nowMs, parts.edge);
      if (parsed.kind === 'invalid') {
        refused.push({ record, ...parsed });
        continue;
      }
      const { transaction, eventTimeMs, unknownFields, idsLikeCardNumbers } = parsed;
      if (parts.erasures.isErased(transaction.portfolioId, transaction.cardToken, eventTimeMs)) {
        refused.push(withoutTrace(record));
        continue;
      }
      if (unknownFields > 0) parts.metrics.unknownFields.inc(unknownFields);
      if (idsLikeCardNumbers > 0) parts.metrics.idsLikeCardNumbers.inc(idsLikeCardNumbers);
      received.push({
        record,
        transaction,
        eventTimeMs,
        decisionKey: `${transaction.portfolioId}|${transaction.transactionId}`,
        contentHash: contentHashOf(transaction),
      });
    }
    return { ...chunk, received, refused };
  };
}

/** Answered, so that nothing is missing; the dead letter tells nothing of the card. */
function withoutTrace(record: InputRecord): RefusedRecord {
  const nothing = new Uint8Array();
  return { record, error: new AppError('FRAUD_CARD_ERASED'), masked: nothing, maskedKey: nothing };
}

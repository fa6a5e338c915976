// shared/kafka/dead-letter.ts: a refused record for its dead-letter topic: the original bytes, and headers that say why and from where.
import type { AppError } from '../errors.ts';
import { headerText, type InputRecord, type OutputRecord } from './records.ts';

/** What is refused and why. Masked copies stand in where the original holds a card number. */
export interface Refusal {
  readonly record: InputRecord;
  readonly error: AppError;
  readonly masked?: Uint8Array;
  readonly maskedKey?: Uint8Array;
}

/** Headers of a dead letter, beside those the record came with. */
export const deadLetterHeaders = {
  code: 'fraud_error_code',
  field: 'fraud_error_field',
  detail: 'fraud_error_detail',
  topic: 'fraud_source_topic',
  partition: 'fraud_source_partition',
  offset: 'fraud_source_offset',
  masked: 'fraud_masked',
} as const;

/** Longest detail kept in a header. */
const DETAIL_LIMIT = 500;

/** Headers of the original that are kept: CloudEvents attributes. Others may hold anything, card numbers included. */
function keptHeaders(record: InputRecord): Record<string, string> {
  const names = Object.keys(record.headers).filter((name) => name === 'ce_type' || name === 'ce_time');
  return Object.fromEntries(names.map((name) => [name, headerText(record.headers, name) ?? '']));
}

/** The value is the original's, byte for byte, unless it holds a card number: then the masked copy, and `fraud_masked` says so. */
export function toDeadLetter({ record, error, masked, maskedKey }: Refusal, topic: string): OutputRecord {
  const { code, field, detail, topic: sourceTopic, partition, offset, masked: maskedName } = deadLetterHeaders;
  return {
    topic,
    key: maskedKey ?? record.key,
    value: masked ?? record.value,
    headers: {
      ...keptHeaders(record),
      [code]: error.code,
      [field]: error.field ?? '',
      [detail]: error.message.slice(0, DETAIL_LIMIT),
      [sourceTopic]: record.topic,
      [partition]: String(record.partition),
      [offset]: String(record.offset),
      [maskedName]: String(masked !== undefined || maskedKey !== undefined),
    },
  };
}

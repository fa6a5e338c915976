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

/** CloudEvents attributes of the original that are kept, and the only form in which they are: others may hold anything, card numbers included. */
const keptForms = {
  ce_type: /^[a-z-]+\.v\d+$/,
  ce_time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
} as const;

function keptHeaders(record: InputRecord): Record<string, string> {
  const kept = Object.entries(keptForms).map(
    ([name, form]) => [name, headerText(record.headers, name), form] as const,
  );
  return Object.fromEntries(
    kept.flatMap(([name, text, form]) => (text && form.test(text) ? [[name, text]] : [])),
  );
}

/** The value is the original's, byte for byte, unless it holds a card number: then the masked copy, and `fraud_masked` says so. */
export function toDeadLetter({ record, error, masked, maskedKey }: Refusal, topic: string): OutputRecord {
  const {
    code,
    field,
    detail,
    topic: sourceTopic,
    partition,
    offset,
    masked: maskedName,
  } = deadLetterHeaders;
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

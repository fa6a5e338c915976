// shared/kafka/records.ts: a record as our code sees it, read or to be written, and the CloudEvents headers it carries.
import type { KafkaMessage } from 'kafkajs';
import type { InputOffset } from '../sequence/state-store.ts';

/** A record that was read. Bytes may be slices of a larger buffer: copy what is kept. */
export interface InputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Produce time, milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** As sent; `headerText` reads one. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A record to be written. */
export interface OutputRecord {
  readonly topic: string;
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, Uint8Array | string | undefined>>;
  /** Left out: the key's hash chooses, as in the Java client. */
  readonly partition?: number;
  /** Left out: the time of sending. */
  readonly timestampMs?: number;
}

/** Facts of a CloudEvent in binary mode. */
export interface CloudEvent {
  readonly id: string;
  /** `<noun>.v<N>`, as the schema file is called. */
  readonly type: string;
  /** Who says so, e.g. `stream-scorer`. */
  readonly source: string;
  /** The instant of what happened (not of sending), ISO 8601. */
  readonly time: string;
}

/** CloudEvents 1.0, Kafka protocol binding, binary mode: attributes travel as headers, the value stays as it is. */
export function cloudEventHeaders(event: CloudEvent): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.type,
    ce_source: event.source,
    ce_time: event.time,
    'content-type': 'application/json',
  };
}

/** Text of a header, or undefined when it is absent; the first one when it was sent several times. */
export function headerText(headers: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = headers[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first;
  return first instanceof Uint8Array
    ? Buffer.from(first.buffer, first.byteOffset, first.length).toString()
    : undefined;
}

/** Header of every output: the input record that it answers, as `positionText` writes it. */
export const INPUT_HEADER = 'fraud_input';

/** `<topic>-<partition>@<offset>`: how an input position is written in headers and training rows. */
export function positionText({
  topic,
  partition,
  offset,
}: Pick<InputRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}-${partition}@${offset}`;
}

/** @param message as kafkajs gives it */
export function toInputRecord(topic: string, partition: number, message: KafkaMessage): InputRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers ?? {},
  };
}

/** For each partition in `records` the offset after its last record: what is stored and committed when they are done. */
export function offsetsAfter(records: readonly InputRecord[]): InputOffset[] {
  const last = new Map<string, InputOffset>();
  for (const { topic, partition, offset } of records) {
    const key = `${topic}|${partition}`;
    const known = last.get(key);
    if (!known || known.offset <= offset) last.set(key, { topic, partition, offset: offset + 1n });
  }
  return [...last.values()];
}

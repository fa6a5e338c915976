// services/stream-scorer/resend-outbox.ts: outputs that were stored but perhaps never acknowledged go out again, before anything new is read.
import { isAboutErased } from '../../shared/erasure/is-about-erased.ts';
import type { Tombstones } from '../../shared/erasure/tombstones.ts';
import { AppError } from '../../shared/errors.ts';
import type { AssignedPartition } from '../../shared/kafka/chunk-dispatcher.ts';
import { toDeadLetter } from '../../shared/kafka/dead-letter.ts';
import { decodeOutputs } from '../../shared/kafka/outbox-codec.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import { headerText, INPUT_HEADER, type OutputRecord } from '../../shared/kafka/records.ts';
import type { TopicNames } from '../../shared/kafka/topic-names.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { parseInputOffset } from '../../shared/restore/archived-rows.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { type AcknowledgedEntries, positionOf } from './steps/store-decisions.ts';

/** Called with the partitions just assigned. The bytes are those of the first time: readers keep the first copy. */
export function createResendOutbox(parts: {
  readonly store: StateStore;
  readonly producer: Producer;
  readonly log: Logger;
  readonly erasures: Pick<Tombstones, 'isErased' | 'list'>;
  readonly topicNames: Pick<TopicNames, 'decisions' | 'deadLetters'>;
}): (partitions: readonly AssignedPartition[]) => Promise<void> {
  return async (partitions) => {
    for (const { topic, partition } of partitions) {
      const entries = await parts.store.readOutbox(topic, partition);
      if (entries.length === 0) continue;
      parts.log.info(
        { topic, partition, chunks: entries.length },
        'resending outputs that were not acknowledged',
      );
      for (const { bytes } of entries) await parts.producer.send(withoutErased(decodeOutputs(bytes), parts));
      await parts.store.commit({ acknowledged: entries.map(positionOf) });
    }
  };
}

/** Nothing of a card erased since goes out again; its transactions are answered by a dead letter that tells nothing. */
function withoutErased(
  outputs: readonly OutputRecord[],
  { erasures, topicNames }: Pick<Parameters<typeof createResendOutbox>[0], 'erasures' | 'topicNames'>,
): OutputRecord[] {
  const nothing = new Uint8Array();
  return outputs.flatMap((output) => {
    if (!isAboutErased(output.value, erasures)) return [output];
    if (output.topic !== topicNames.decisions) return [];
    const position = parseInputOffset(headerText(output.headers ?? {}, INPUT_HEADER) ?? '');
    const record = { ...position, timestampMs: 0, key: nothing, value: nothing, headers: {} };
    const error = new AppError('FRAUD_CARD_ERASED');
    const refused = { record, error, masked: nothing, maskedKey: nothing };
    return [toDeadLetter(refused, topicNames.deadLetters(position.topic))];
  });
}

/** Called with the partitions given up: acknowledged entries wait for the next commit, and there is none. What stays is only sent again. */
export function createForgetAcknowledged(parts: {
  readonly store: StateStore;
  readonly acknowledged: AcknowledgedEntries;
  readonly log: Logger;
}): () => Promise<void> {
  return async () => {
    const acknowledged = parts.acknowledged.take();
    if (acknowledged.length === 0) return;
    await parts.store.commit({ acknowledged }).catch((error: unknown) => {
      parts.log.warn({ err: error }, 'outputs that were acknowledged will be sent again');
    });
  };
}

/** How often an idle scorer forgets what was acknowledged: until then it lies in the store. */
const FORGET_EVERY_MS = 1_000;

/** Also with nothing to commit: an idle scorer keeps no outputs for longer than it must. */
export function startForgetting(forget: () => Promise<void>): { stop(): void } {
  const timer = setInterval(() => void forget(), FORGET_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

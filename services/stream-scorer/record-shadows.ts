// services/stream-scorer/record-shadows.ts: shadow scores → their topic, best effort: nothing waits for them, and what a slow broker leaves is dropped.
import type { ShadowScore } from '../../shared/domain/shadow-score.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import { cloudEventHeaders } from '../../shared/kafka/records.ts';

/** Records that may wait for the broker: some seconds at full speed, some megabytes. */
const WAITING_LIMIT = 8_192;

export interface ShadowRecorder {
  readonly record: (scores: readonly ShadowScore[]) => void;
}

/** @param onLost told how many records the broker did not take, and why; without an error because too many waited */
export function createShadowRecorder(parts: {
  readonly producer: Pick<Producer, 'send'>;
  readonly topic: string;
  readonly onLost: (records: number, error?: unknown) => void;
}): ShadowRecorder {
  const { producer, topic, onLost } = parts;
  let waiting = 0;
  return {
    record: (scores) => {
      if (waiting + scores.length > WAITING_LIMIT) return onLost(scores.length);
      waiting += scores.length;
      const records = scores.map((score) => ({
        topic,
        key: score.cardToken,
        value: Buffer.from(JSON.stringify(score)),
        headers: cloudEventHeaders({
          id: `${score.decisionId}.${score.shadows[0]?.modelVersion}`,
          type: 'shadow-score.v1',
          source: 'stream-scorer',
          time: score.eventTime,
        }),
      }));
      producer
        .send(records)
        .catch((error: unknown) => onLost(scores.length, error))
        .finally(() => {
          waiting -= scores.length;
        });
    },
  };
}

// services/stream-scorer/start-shadow.ts: challengers' scores to their topic, by a producer of their own: its failures are nobody else's.

import type { KafkaConnection } from '../../shared/kafka/connection.ts';
import { createProducer } from '../../shared/kafka/producer.ts';
import type { TopicNames } from '../../shared/kafka/topic-names.ts';
import type { Scope } from '../../shared/lifecycle/scope.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import type { LiveModel } from '../../shared/scoring/live-model.ts';
import { createShadow, type Shadow } from '../../shared/scoring/shadow.ts';
import { OWN_ROWS } from '../../shared/scoring/start-model.ts';
import { WINDOW } from '../../shared/sequence/packed-event.ts';
import type { ScorerSettings } from './config.ts';
import { createShadowRecorder } from './record-shadows.ts';

/** Padded positions that wait for the champion's encoder from which on it has its hands full: a chunk of full windows. */
const BUSY_POSITIONS = 256 * WINDOW;

export async function startShadow(parts: {
  readonly settings: Pick<ScorerSettings, 'shadowEncoderShare'>;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  readonly connection: KafkaConnection;
  readonly topicNames: TopicNames;
  readonly model: Pick<LiveModel, 'current'>;
  readonly scope: Scope;
}): Promise<Shadow> {
  const { settings, log, metrics, connection, topicNames, model, scope } = parts;
  const { maxBatchBytes, shadowScores: topic } = topicNames;
  const producer = await scope.start(
    'shadow producer',
    () => createProducer({ connection: { ...connection, clientId: 'stream-scorer-shadow' }, maxBatchBytes }),
    (part) => part.close(),
  );
  let isTold = false;
  const { record } = createShadowRecorder({
    producer,
    topic,
    onLost: (records, error) => {
      metrics.shadowRecordsLost.inc(records);
      if (!isTold) log.warn({ err: error, topic, records }, 'shadow scores are lost; told once');
      isTold = true;
    },
  });
  return createShadow({
    ownShare: settings.shadowEncoderShare,
    ownRows: OWN_ROWS,
    isBusy: () => model.current().encoder.queuedPositions() > BUSY_POSITIONS,
    record,
    count: (result, transactions) => metrics.shadowScores.inc({ result }, transactions),
  });
}

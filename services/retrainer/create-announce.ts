// services/retrainer/create-announce.ts: with brokers named, moves of aliases are told to those who follow them.
import { createAnnounceMove } from '../../shared/kafka/model-events.ts';
import { nameTopics } from '../../shared/kafka/topic-names.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import type { AnnounceMove } from '../../shared/registry/announcing-registry.ts';
import type { RetrainerSettings } from './config.ts';

export function createAnnounce(
  { kafkaBrokers, topicPrefix }: Pick<RetrainerSettings, 'kafkaBrokers' | 'topicPrefix'>,
  log: Logger,
): AnnounceMove | undefined {
  if (!kafkaBrokers) return undefined;
  const brokers = kafkaBrokers.split(',').map((broker) => broker.trim());
  return createAnnounceMove({
    connection: { brokers, clientId: 'retrainer', log },
    topic: nameTopics(topicPrefix).modelEvents,
    onFailure: (error) =>
      log.warn({ err: error }, 'a move was not announced; scorers find out by themselves'),
  });
}

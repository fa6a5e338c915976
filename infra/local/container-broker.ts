// infra/local/container-broker.ts: one Kafka node in a container, where a container engine answers.
import { waitUntilReady } from '../../shared/kafka/readiness.ts';
import { findFreePort, type LocalBroker } from './jvm-broker.ts';
import { KAFKA_VERSION } from './kafka-jars.ts';

const PORT_INSIDE = 9092;
let probe: Promise<boolean> | undefined;

/** True when testcontainers is installed and an engine answers it; asked once per process. */
export function hasContainerEngine(): Promise<boolean> {
  probe ??= import('testcontainers')
    .then(({ getContainerRuntimeClient }) => getContainerRuntimeClient())
    .then(
      () => true,
      () => false,
    );
  return probe;
}

/** Starts the official image on a free port of this machine. The engine removes it should we be killed. */
export async function startContainerBroker(): Promise<LocalBroker> {
  const { GenericContainer } = await import('testcontainers');
  const port = await findFreePort();
  const container = await new GenericContainer(`apache/kafka:${KAFKA_VERSION}`)
    .withExposedPorts({ container: PORT_INSIDE, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: `PLAINTEXT://:${PORT_INSIDE},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    })
    .start();
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  const brokers = [`127.0.0.1:${port}`];
  await waitUntilReady({ brokers, clientId: 'local-broker' }, 90_000).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { brokers, route: 'container', pid: undefined, stop };
}

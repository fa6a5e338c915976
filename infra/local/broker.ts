// infra/local/broker.ts: a broker by the first way that works: FRAUD_KAFKA_BROKERS, a container engine, Kafka's jars on a JVM.
import { waitUntilReady } from '../../shared/kafka/readiness.ts';
import { hasContainerEngine, startContainerBroker } from './container-broker.ts';
import { type LocalBroker, startJvmBroker } from './jvm-broker.ts';

export interface LocalBrokerOptions {
  /** Where a JVM broker keeps its files. */
  readonly directory: string;
  readonly port?: number;
  /** `host:port,…` of a running broker; default FRAUD_KAFKA_BROKERS. It is used and never stopped. */
  readonly brokers?: string | undefined;
  /** Told what is tried and what did not work. */
  readonly notice?: (sentence: string) => void;
}

async function useGivenBroker(brokers: string): Promise<LocalBroker> {
  const addresses = brokers.split(',').map((address) => address.trim());
  await waitUntilReady({ brokers: addresses, clientId: 'local-broker' }, 30_000);
  return { brokers: addresses, route: 'given', pid: undefined, stop: async () => {} };
}

/**
 * A broker that takes records. Stop it; one that was running before is left alone.
 * @throws AppError FRAUD_BROKER_UNAVAILABLE, FRAUD_PREREQUISITE_MISSING
 */
export async function startLocalBroker(options: LocalBrokerOptions): Promise<LocalBroker> {
  const { directory, port, notice = () => {} } = options;
  const given = options.brokers || process.env.FRAUD_KAFKA_BROKERS;
  if (given) return useGivenBroker(given);
  if (await hasContainerEngine()) {
    try {
      return await startContainerBroker();
    } catch (error) {
      notice(`No Kafka container (${error instanceof Error ? error.message : error}): trying the JVM.`);
    }
  }
  return startJvmBroker(port === undefined ? { directory } : { directory, port });
}

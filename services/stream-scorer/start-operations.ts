// services/stream-scorer/start-operations.ts: /livez, /readyz and /metrics of the scorer on its port.
import type { AddressInfo } from 'node:net';
import { createOperationsServer } from '../../shared/http/operations.ts';
import type { Consumer } from '../../shared/kafka/consumer.ts';
import type { ScorerMetrics } from '../../shared/observability/metrics.ts';
import type { LiveModel } from '../../shared/scoring/live-model.ts';
import type { ProgressWatch } from './progress-watch.ts';
import { lagOf } from './watching.ts';

export interface OperationsParts {
  readonly model: LiveModel;
  readonly consumer: Consumer;
  readonly watch: ProgressWatch;
  readonly metrics: ScorerMetrics;
  readonly isAssigned: () => boolean;
}

/** Listens on `port` (0 = any free one); the answer holds the port in use. */
export async function startOperations(
  parts: OperationsParts,
  port: number,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { model, consumer, watch, metrics, isAssigned } = parts;
  const server = createOperationsServer({
    whyNotAlive: watch.whyNotAlive,
    whyNotReady: () => {
      if (!isAssigned()) return 'not yet assigned to partitions';
      return model.current().encoder.isHealthy() ? undefined : 'an encoder worker hung or died';
    },
    facts: () => ({
      ...model.facts(),
      partitions: consumer.progress().length,
      lag: Number(lagOf(consumer)),
    }),
    metrics: metrics.registry,
  });
  await server.listen({ host: '0.0.0.0', port });
  const address = server.server.address() as AddressInfo;
  return { port: address.port, close: () => server.close() };
}

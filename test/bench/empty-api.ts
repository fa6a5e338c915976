// test/bench/empty-api.ts: the API's own server, schema and key in front of a scorer that answers at once: what HTTP costs by itself. Run as a process.
import { join } from 'node:path';
import { createApiMetrics } from '../../services/scoring-api/api-metrics.ts';
import { createApi } from '../../services/scoring-api/app.ts';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { createAnswerStore } from '../../shared/answers/answer-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { defaultEdgeSettings } from '../../shared/edge/edge-settings.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { createMemoryStateStore } from '../../shared/sequence/memory-state-store.ts';

const [directory = '', answer = ''] = process.argv.slice(2);
const bytes = Buffer.from(answer);
const nobody = (): never => {
  throw new RangeError('not part of this bench');
};

const server = await createApi({
  access: { keys: createKeyStore(openAccessTables(join(directory, 'access')), systemClock) },
  door: { requestsInHand: 10_000, requestTimeoutMs: 10_000 },
  scoreOnce: async () => ({ bytes, isReplayed: false }),
  scoreMany: nobody,
  answers: createAnswerStore(join(directory, 'empty-answers')),
  store: createMemoryStateStore(),
  registry: new MemoryRegistry(),
  eraseCard: nobody,
  intake: undefined,
  credit: undefined,
  operations: { whyNotReady: () => undefined, facts: () => ({}) },
  metrics: createApiMetrics(),
  edge: defaultEdgeSettings,
  clock: systemClock,
  log: createLogger('empty-api', 'silent'),
});
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit()));

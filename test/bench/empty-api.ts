// test/bench/empty-api.ts: the API's own server, schema and key in front of a scorer that answers at once: what HTTP costs by itself. Run as a process.
import { join } from 'node:path';
import { createApi } from '../../services/scoring-api/app.ts';
import { partsWithNothingBehind } from '../../services/scoring-api/document-server.ts';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { createAnswerStore } from '../../shared/answers/answer-store.ts';
import { systemClock } from '../../shared/clock.ts';

const [directory = '', answer = ''] = process.argv.slice(2);
const bytes = Buffer.from(answer);

const server = await createApi({
  ...partsWithNothingBehind(),
  access: { keys: createKeyStore(openAccessTables(join(directory, 'access')), systemClock) },
  door: { requestsInHand: 10_000, requestTimeoutMs: 10_000 },
  scoreOnce: async () => ({ bytes, isReplayed: false }),
  answers: createAnswerStore(join(directory, 'empty-answers')),
});
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit()));

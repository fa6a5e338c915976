// test/support/api-rig.ts: the API with its real parts in a folder of a test's own, ready to be injected into; keys for every case.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ApiCore, buildApi } from '../../services/scoring-api/build-api.ts';
import { readApiSettings } from '../../services/scoring-api/config.ts';
import type { KeyGrant } from '../../shared/access/key-store.ts';
import { scopes } from '../../shared/access/principal.ts';
import { createSettableClock, type SettableClock } from '../../shared/clock.ts';
import type { CreditAssessment, CreditQuestion, CreditScorer } from '../../shared/credit/credit-scorer.ts';
import { toCreditScore } from '../../shared/credit/score-scale.ts';
import type { Encoder } from '../../shared/encoder/encoder.ts';
import { createRecordingEncoder } from '../../shared/encoder/recording-encoder.ts';
import type { Producer } from '../../shared/kafka/producer.ts';
import type { OutputRecord } from '../../shared/kafka/records.ts';
import { createScope } from '../../shared/lifecycle/scope.ts';
import { createLogger } from '../../shared/observability/logger.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { loadAlias } from '../../shared/registry/registry.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import type { ScoringModel } from '../../shared/scoring/scorer.ts';
import { viewBefore } from '../../shared/sequence/entity-record.ts';
import { createLmdbStateStore } from '../../shared/sequence/lmdb-state-store.ts';
import type { StateStore } from '../../shared/sequence/state-store.ts';
import { publishSmallChampion } from './use-scorer.ts';

export interface ApiRig extends ApiCore {
  readonly clock: SettableClock;
  /** Text of a key that may do everything everywhere. */
  readonly key: string;
  /** Calls of the encoder so far. */
  readonly encoderCalls: () => number;
  /** Records the broker has acknowledged. */
  readonly produced: readonly OutputRecord[];
  readonly logLines: readonly string[];
  readonly directory: string;
  /** What answers from the start on. */
  readonly model: ScoringModel;
  makeKey(grant?: Partial<KeyGrant>): string;
  /** Ends this process's API and builds another one on the same files. */
  restart(): Promise<ApiRig>;
  close(): Promise<void>;
}

export const NOW_MS = Date.parse('2026-11-24T12:00:00Z');

export interface RigOptions {
  readonly directory?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly wrapEncoder?: (encoder: Encoder) => Pick<Encoder, 'encodeMany'>;
  readonly wrapStore?: (store: StateStore) => StateStore;
  /** Left out: one that is sure of what it has seen. */
  readonly credit?: Pick<CreditScorer, 'assess'>;
  /** Left out: a broker that takes everything. */
  readonly send?: Producer['send'];
}

/** Everything but the broker and the ONNX session is the real thing; the encoder computes repeatable readings. */
export async function useApi(options: RigOptions = {}): Promise<ApiRig> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'fraud-api-'));
  const scope = createScope((name, error) => {
    throw new Error(`${name} would not stop`, { cause: error });
  });
  const clock = createSettableClock(NOW_MS);
  const produced: OutputRecord[] = [];
  const logLines: string[] = [];
  const registryDirectory = await publishSmallChampion(join(directory, 'registry'));
  const settings = readApiSettings({
    FRAUD_API_DIRECTORY: join(directory, 'api'),
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_ERASURES_DIRECTORY: join(directory, 'erasures'),
    FRAUD_REGISTRY_DIRECTORY: registryDirectory,
    FRAUD_KAFKA_BROKERS: 'none:0',
    ...options.settings,
  });
  const { version } = await loadAlias(new FileRegistry(registryDirectory), 'champion');
  const champion = createChampion(version);
  let calls = 0;
  const recording = createRecordingEncoder({ config: champion.config });
  const wrapped = options.wrapEncoder?.(recording) ?? recording;
  const encodeMany: Encoder['encodeMany'] = (rows) => {
    calls += 1;
    return wrapped.encodeMany(rows);
  };
  const model: ScoringModel = { champion, encoder: { encodeMany } };
  const store = await scope.start(
    'state store',
    () => createLmdbStateStore({ directory: settings.stateDirectory }),
    (part) => part.close(),
  );
  const send = options.send ?? (async (records: readonly OutputRecord[]) => void produced.push(...records));
  const core = await buildApi({
    settings,
    clock,
    scope,
    log: createLogger('scoring-api', 'info', { write: (line) => void logLines.push(line) }),
    store: options.wrapStore?.(store) ?? store,
    model,
    credit: options.credit ?? { assess: async (question) => assessByStatements(question) },
    facts: () => ({ provider: 'none' }),
    openProducer: async () => ({ send, close: async () => {} }),
  });
  const makeKey = (grant: Partial<KeyGrant> = {}) =>
    core.keys.create({ name: 'test', scopes: [...scopes], portfolios: ['*'], ...grant }).text;
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await scope.stop();
    isClosed = true;
  };
  onTestFinished(async () => {
    await close();
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  });
  return {
    ...core,
    clock,
    key: makeKey(),
    encoderCalls: () => calls,
    produced,
    logLines,
    directory,
    model,
    makeKey,
    close,
    restart: async () => {
      await close();
      return useApi({ ...options, directory });
    },
  };
}

/** Stands in for a credit version: sure of what it has seen, and sees how many events are there. */
function assessByStatements({ account, asOf }: CreditQuestion): CreditAssessment {
  const { count } = viewBefore(account, { timeMs: asOf.getTime(), idLow: 0, idHigh: 0 });
  const probabilityOfDefault = 1 / (2 + count);
  return {
    probabilityOfDefault,
    score: toCreditScore(probabilityOfDefault),
    factors: count === 0 ? [{ code: 'history', sentence: 'No statement of this account is known.' }] : [],
    dataSufficiency: count === 0 ? 'none' : count < 3 ? 'thin' : 'sufficient',
    modelVersion: 'credit-double',
  };
}

let numbered = 0;

/** A valid transaction with an id of its own. */
export function makeTransaction(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  numbered += 1;
  return {
    transactionId: `t-${numbered}`,
    eventTime: new Date(NOW_MS - 60_000).toISOString(),
    cardToken: 'tok_card',
    amountMinor: 200,
    currency: 'EUR',
    merchant: { id: 'shop', mcc: '5411', country: 'DE' },
    ...changes,
  };
}

/** For tests that are not about deadlines: a machine that does much else is slow. */
export const patient = { 'x-deadline-ms': '60000' } as const;

/** What `inject` needs to call a route with a JSON body. */
export function withKey(key: string, headers: Readonly<Record<string, string>> = {}) {
  return { authorization: `Bearer ${key}`, ...headers };
}

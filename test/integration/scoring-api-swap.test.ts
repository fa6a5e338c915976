// test/integration/scoring-api-swap.test.ts: a real API with the shipped encoder, called without a pause while fraudctl promotes: every request answered in time, in full, by exactly one version. Writes its row of the runbook.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { register } from '../../services/fraudctl/verbs/models.ts';
import { openAccessTables } from '../../shared/access/access-tables.ts';
import { createKeyStore } from '../../shared/access/key-store.ts';
import { systemClock } from '../../shared/clock.ts';
import { decisionSchema } from '../../shared/domain/decision.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import { ensureChampion, loadShipped } from '../../shared/registry/shipped-champion.ts';
import { useTopics } from '../support/broker.ts';
import { faultPagePath, PROMOTED, toFaultPage } from '../support/fault-page.ts';
import { startService } from '../support/service-process.ts';
import { createSmallVersion } from '../support/small-champion.ts';
import { tellVerb } from '../support/tell-verb.ts';

/** Of every request, long enough for a busy machine: the machine that tests also compiles and swaps encoders. */
const DEADLINE_MS = 10_000;
/** Callers of each column; each sends one request after the other. */
const CALLERS = 3;
/** Answers of one version that each column must see before the next move. */
const SEEN_BEFORE_MOVE = 40;
const columns = ['evaluate', 'evaluate, key fails closed', 'record=true'] as const;
type Column = (typeof columns)[number];

const stampOf = ({ manifest, manifestDigest }: VerifiedVersion): string =>
  [manifest.modelVersion, manifestDigest, manifest.encoder.version].join(' ');

/** One answer, as its caller saw it. */
interface Seen {
  readonly column: Column;
  readonly caller: number;
  /** Which of the contents was asked about; equal contents get equal scores of one version. */
  readonly content: number;
  readonly text: string;
  readonly elapsedMs: number;
  readonly stamp: string;
  readonly score: number;
}

const CONTENTS = 8;
const eventTime = new Date(systemClock.now() - 60_000).toISOString();

/** Cards without a history and no merchant: nothing but version and content makes the score. */
const toTransaction = (transactionId: string, content: number) => ({
  transactionId,
  eventTime,
  cardToken: `tok_${transactionId}`,
  amountMinor: 500 + 37 * content,
  currency: 'EUR',
  entryMode: content % 2 === 0 ? 'chip' : 'contactless',
});

function makeKeys(apiDirectory: string): Promise<Readonly<Record<Column, string>>> {
  const tables = openAccessTables(join(apiDirectory, 'access'));
  const keys = createKeyStore(tables, systemClock);
  const make = (failMode: 'open' | 'closed') =>
    keys.create({ name: failMode, scopes: ['score'], portfolios: ['*'], ratePerSecond: 1e6, failMode }).text;
  const open = make('open');
  const made = { evaluate: open, 'evaluate, key fails closed': make('closed'), 'record=true': open };
  return tables.close().then(() => made);
}

/** The shipped champion and another version with another encoder, in a registry; an API on them, as a process. */
async function startSwappable() {
  const setUp = await useTopics(2);
  const directory = mkdtempSync(join(tmpdir(), 'fraud-api-swap-'));
  const registryDirectory = join(directory, 'registry');
  const registry = new FileRegistry(registryDirectory);
  await ensureChampion(registry, new Date(systemClock.now()).toISOString());
  const first = await loadShipped();
  const second = createSmallVersion({ modelVersion: 'other' });
  await registry.publish(second.manifest, second.files);
  const apiDirectory = join(directory, 'api');
  const keys = await makeKeys(apiDirectory);
  const api = await startService('scoring-api', {
    FRAUD_API_PORT: '0',
    FRAUD_API_DIRECTORY: apiDirectory,
    FRAUD_STATE_DIRECTORY: join(directory, 'state'),
    FRAUD_REGISTRY_DIRECTORY: registryDirectory,
    FRAUD_KAFKA_BROKERS: setUp.brokers,
    FRAUD_KAFKA_TOPIC_PREFIX: setUp.prefix,
    FRAUD_ENCODER_PROVIDER: 'cpu',
  });
  onTestFinished(async () => {
    if (api.child.exitCode === null && api.child.signalCode === null) await api.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const brokers = ['--brokers', setUp.brokers, '--topic-prefix', setUp.prefix];
  const promote = async ({ manifest }: VerifiedVersion) =>
    tellVerb(register, [
      'models',
      'promote',
      manifest.modelVersion,
      '--registry',
      registryDirectory,
      ...brokers,
    ]);
  return { api, address: `http://127.0.0.1:${api.operationsPort}`, keys, first, second, promote };
}

type Swappable = Awaited<ReturnType<typeof startSwappable>>;
let numbered = 0;

async function ask({ address, keys }: Swappable, column: Column, caller = 0): Promise<Seen> {
  const number = numbered++;
  const content = number % CONTENTS;
  const startedAt = performance.now();
  const answer = await fetch(`${address}/v1/score?record=${column === 'record=true'}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys[column]}`,
      'content-type': 'application/json',
      'x-deadline-ms': String(DEADLINE_MS),
    },
    body: JSON.stringify(toTransaction(`swap-${number}`, content)),
  });
  const text = await answer.text();
  const elapsedMs = performance.now() - startedAt;
  const shared = { column, caller, content, elapsedMs };
  if (answer.status !== 200)
    return { ...shared, text: `${answer.status} ${text}`, stamp: '', score: Number.NaN };
  const { tier, decision, model, score } = decisionSchema.parse(JSON.parse(text));
  const stamp = [model.modelVersion, model.manifestDigest, model.encoderVersion].join(' ');
  return { ...shared, text: `200 ${tier}, ${decision}`, stamp, score };
}

/** Callers of every column, until stopped. An error of one ends the test. */
function startCallers(swappable: Swappable) {
  const seen: Seen[] = [];
  let isOver = false;
  const call = async (column: Column, caller: number) => {
    while (!isOver) seen.push(await ask(swappable, column, caller));
  };
  const running = Promise.all(
    columns.flatMap((column) => Array.from({ length: CALLERS }, (_, caller) => call(column, caller))),
  );
  return {
    seen,
    /** Resolves when every column has got so many answers of this version since now. */
    untilServedBy: async (version: VerifiedVersion) => {
      const from = seen.length;
      const count = (column: Column) =>
        seen.slice(from).filter((one) => one.column === column && one.stamp === stampOf(version)).length;
      await expect
        .poll(() => Math.min(...columns.map(count)), { timeout: 90_000, interval: 50 })
        .toBeGreaterThanOrEqual(SEEN_BEFORE_MOVE);
    },
    stop: async () => {
      isOver = true;
      await running;
      return seen;
    },
  };
}

/** What the version that answers now says of each content. */
async function readScores(swappable: Swappable, version: VerifiedVersion): Promise<Map<number, number>> {
  const scores = new Map<number, number>();
  while (scores.size < CONTENTS) {
    const { stamp, content, score } = await ask(swappable, 'evaluate');
    if (stamp === stampOf(version)) scores.set(content, score);
  }
  return scores;
}

const runsOf = (names: readonly string[]): string[] => names.filter((name, at) => name !== names[at - 1]);

test('a champion promoted under load: every request is answered in time and in full, by exactly one version', async () => {
  const swappable = await startSwappable();
  const { first, second, promote } = swappable;
  const scores = new Map([[stampOf(first), await readScores(swappable, first)]]);
  const callers = startCallers(swappable);
  await callers.untilServedBy(first);
  expect(await promote(second)).toContain('champion → other');
  await callers.untilServedBy(second);
  await promote(first);
  await callers.untilServedBy(first);
  const seen = await callers.stop();
  await promote(second);
  scores.set(stampOf(second), await readScores(swappable, second));

  // Answered, in time.
  expect(seen.filter(({ text }) => !text.startsWith('200 full, '))).toEqual([]);
  expect(Math.max(...seen.map(({ elapsedMs }) => elapsedMs))).toBeLessThan(DEADLINE_MS);
  // Of exactly one version: its whole stamp, and its score and no other's.
  const strangers = seen.filter(({ stamp, content, score }) => {
    const own = scores.get(stamp)?.get(content);
    return own === undefined || Math.abs(own - score) > 1e-5;
  });
  expect(strangers).toEqual([]);
  const [ofFirst = new Map(), ofSecond = new Map()] = scores.values();
  expect([...ofFirst].filter(([content, score]) => Math.abs(score - ofSecond.get(content)) < 1e-3)).toEqual(
    [],
  );
  // Each caller sees the moves, once each and in their order.
  for (const column of columns) {
    for (let caller = 0; caller < CALLERS; caller += 1) {
      const stamps = seen
        .filter((one) => one.column === column && one.caller === caller)
        .map(({ stamp }) => stamp);
      expect([column, runsOf(stamps)]).toEqual([column, [first, second, first].map(stampOf)]);
    }
  }
  const textsOf = (column: Column) => seen.filter((one) => one.column === column).map(({ text }) => text);
  const tell = (column: Column) => [...new Set(textsOf(column))].sort().join(' or ');
  await expect(toFaultPage([[PROMOTED, ...columns.map(tell)]], 'process')).toMatchFileSnapshot(faultPagePath);
});

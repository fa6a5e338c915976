// services/fraudctl/verbs/state.ts: `fraudctl state load|rebuild|digest`: histories from a table, from the topics, and compared.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { systemClock } from '../../../shared/clock.ts';
import { erasuresDirectoryOf, openTombstones, type Tombstones } from '../../../shared/erasure/tombstones.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadAlias } from '../../../shared/registry/registry.ts';
import { ensureChampion } from '../../../shared/registry/shipped-champion.ts';
import { createDataReport } from '../../../shared/replay/data-report.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import { countRows, type ReadMappedOptions, readMappedChunks } from '../../../shared/replay/read-mapped.ts';
import { loadLines } from '../../../shared/restore/load-lines.ts';
import { rebuildFromTopics } from '../../../shared/restore/rebuild-from-topics.ts';
import { createStateRebuild } from '../../../shared/restore/rebuild-state.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createHistoryLoader, type HistoryLoader } from '../../../shared/scoring/load-history.ts';
import { createLmdbStateStore } from '../../../shared/sequence/lmdb-state-store.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import { digestOfStore } from '../../../shared/sequence/store-digest.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';
import { toDate, withPortfolio } from '../mapped-file-options.ts';
import { toPositive } from '../option-values.ts';
import { createProgress } from '../progress.ts';

const HOUR_MS = 3_600_000;

interface StateOptions {
  readonly state: string;
  readonly registry: string;
  readonly json?: boolean;
}

interface LoadOptions extends StateOptions {
  readonly mapping: string;
  readonly from?: Date;
  readonly until?: Date;
  readonly portfolio?: string;
  readonly outcomes: boolean;
}

interface RebuildOptions extends StateOptions, KafkaOptions {
  readonly json?: boolean;
  readonly group: string;
  readonly quietHours: number;
  readonly alertDays: number;
}

const LOAD_NOTE = `
Loading the same file twice changes nothing but the day totals of merchants with more than 64 transactions: load once.`;

const REBUILD_NOTE = `
Stop the scorers of the group first. Start from an absent state directory (move the old one away), or from one that
\`fraudctl state load\` filled with the history from before the topics. Histories come from the archived events in the
training-rows topic, decisions from the decisions topic, labels from the outcomes topic as far as the group read it.`;

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const state = program
    .command('state')
    .description('histories of cards, merchants and accounts: load, rebuild, compare');
  const fromHome = (name: string): string => join(process.env.FRAUD_HOME || '.fraud', name);
  const directory = (name: string, variable: string): Option =>
    new Option(`--${name} <directory>`, `${name} directory`).env(variable).default(fromHome(name));
  const withDirectories = (command: Command): Command =>
    command
      .addOption(directory('state', 'FRAUD_STATE_DIRECTORY'))
      .addOption(directory('registry', 'FRAUD_REGISTRY_DIRECTORY'));

  withDirectories(state.command('load <file>'))
    .description('take years of transactions into the histories, deciding nothing')
    .requiredOption('--mapping <file>', 'mapping file, or the name of one in infra/mappings')
    .option('--from <time>', 'first event time, inclusive (ISO date or date-time, UTC)', toDate)
    .option('--until <time>', 'event times end before this', toDate)
    .option('--portfolio <id>', 'portfolio id in place of the mapping’s')
    .option('--no-outcomes', 'leave fraud labels out')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', LOAD_NOTE)
    .action(load);
  withKafkaOptions(withDirectories(state.command('rebuild')))
    .description('make a lost state directory again from the topics')
    .addOption(
      new Option('--group <id>', 'consumer group of the scorers')
        .env('FRAUD_KAFKA_GROUP_ID')
        .default('stream-scorer'),
    )
    .addOption(retention('--quiet-hours', 'FRAUD_DECISION_RETENTION_HOURS', 24))
    .addOption(retention('--alert-days', 'FRAUD_ALERT_RETENTION_DAYS', 180))
    .addHelpText('after', REBUILD_NOTE)
    .action(rebuild);
  withDirectories(state.command('digest'))
    .description('one hash over all histories: equal for equal stores')
    .option('--json', 'one JSON document on stdout')
    .action(digest);
}

const retention = (flag: string, variable: string, standard: number): Option =>
  new Option(`${flag} <count>`, 'how long decisions are remembered, as the scorer is set')
    .env(variable)
    .default(standard)
    .argParser(toPositive);

async function load(file: string, options: LoadOptions): Promise<void> {
  const report = createDataReport();
  const source: ReadMappedOptions = {
    file,
    mapping: withPortfolio(loadMapping(options.mapping), options.portfolio),
    from: options.from,
    until: options.until,
    withOutcomes: options.outcomes,
    report,
  };
  const startedAtMs = systemClock.now();
  const total = await countRows(source);
  const progress = createProgress('transactions');
  const loaded = await withStore(options, async (store) =>
    loadLines(readMappedChunks(source), {
      store,
      loader: await openLoader(store, options),
      erasures: openErasures(options),
      onLoaded: ({ transactions }) => progress.update(transactions, total),
    }),
  ).finally(progress.stop);
  const { refused, refusedBecause } = report.report();
  const seconds = (systemClock.now() - startedAtMs) / 1000;
  print({ file, mapping: source.mapping.name, ...loaded, refused, refusedBecause, seconds }, options);
}

/** What was erased stays out, whatever the topics still hold. */
function openErasures({ state }: StateOptions): Tombstones {
  const erasuresDirectory = process.env.FRAUD_ERASURES_DIRECTORY ?? '';
  return openTombstones(erasuresDirectoryOf({ erasuresDirectory, stateDirectory: state }));
}

async function rebuild(options: RebuildOptions): Promise<void> {
  const named = toTopics(options);
  const startedAtMs = systemClock.now();
  const progress = createProgress('records');
  const counts = await withStore(options, (store) =>
    rebuildFromTopics({
      connection: toConnection(options),
      topics: {
        transactions: named.transactions.name,
        outcomes: named.outcomes.name,
        decisions: named.decisions.name,
        trainingRows: named.trainingRows.name,
      },
      groupId: options.group,
      rebuild: createStateRebuild(
        store,
        { quietMs: options.quietHours * HOUR_MS, alertedMs: options.alertDays * 24 * HOUR_MS },
        openErasures(options),
      ),
      openLoader: () => openLoader(store, options),
      onProgress: ({ read, total }) => progress.update(read, total),
    }),
  ).finally(progress.stop);
  print({ ...counts, seconds: (systemClock.now() - startedAtMs) / 1000 }, options);
}

async function digest(options: StateOptions): Promise<void> {
  print({ ...(await withStore(options, (store) => digestOfStore(store))) }, options);
}

async function withStore<Answer>(
  options: StateOptions,
  use: (store: StateStore) => Promise<Answer>,
): Promise<Answer> {
  const store = createLmdbStateStore({ directory: options.state });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Packs events with the champion's population references, as scoring does. */
async function openLoader(store: StateStore, options: StateOptions): Promise<HistoryLoader> {
  const opened = new FileRegistry(options.registry);
  await ensureChampion(opened, new Date(systemClock.now()).toISOString());
  const { version } = await loadAlias(opened, 'champion');
  return createHistoryLoader(store, createChampion(version), openErasures(options));
}

function print(facts: Readonly<Record<string, unknown>>, { json }: { readonly json?: boolean }): void {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(width)}  ${toText(value)}`);
  process.stdout.write(json ? `${JSON.stringify(facts)}\n` : `${lines.join('\n')}\n`);
}

const toText = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

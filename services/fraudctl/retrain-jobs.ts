// services/fraudctl/retrain-jobs.ts: `fraudctl retrain status | history | request`: what the retrainer's service did, does and is asked to do.
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { systemClock } from '../../shared/clock.ts';
import { type JobEntry, stateOf } from '../../shared/jobs/job-entry.ts';
import { openJobLedger } from '../../shared/jobs/job-ledger.ts';
import { ledgerDirectory, requestsDirectory } from '../../shared/jobs/job-places.ts';
import { openJobRequests } from '../../shared/jobs/job-requests.ts';
import { defaultRegistryDirectory, print, type RegistryOptions } from './models/registry-options.ts';

/** Adds the verbs below `retrain`, whose own options come before theirs. */
export function registerJobVerbs(retrain: Command): void {
  const add = (name: string, description: string) =>
    retrain
      .command(name)
      .description(description)
      .option('--registry <directory>', 'registry directory', defaultRegistryDirectory())
      .option('--json', 'one JSON document on stdout');
  add('status', 'the job that runs, the last one, and what waits').action((_options, command: Command) =>
    tellStatus(readOptions(command)),
  );
  add('history', 'every job: why it ran, who ran it, what came of it').action((_options, command: Command) =>
    tellHistory(readOptions(command)),
  );
  add('request', 'ask the retrainer’s service for a retraining')
    .option('--reason <text>', 'why, for the history')
    .action((_options, command: Command) => request(readOptions(command)));
}

interface RequestOptions extends RegistryOptions {
  readonly reason?: string;
}

/** Options of one name are the parent's, wherever they stand. */
function readOptions(command: Command): RequestOptions {
  const options = command.optsWithGlobals<Partial<RequestOptions>>();
  return { ...options, registry: options.registry ?? defaultRegistryDirectory() };
}

const readJobs = (registry: string): Promise<JobEntry[]> =>
  openJobLedger(ledgerDirectory(registry), systemClock, { onDamaged: tellDamaged }).read();

const tellDamaged = (path: string, error: Error): void => {
  process.stderr.write(`passed over, damaged: ${path}: ${error.message}\n`);
};

/** An entry with the state that its lease gives it now. */
const toFacts = (entry: JobEntry) => ({ ...entry, state: stateOf(entry, systemClock.now()) });

function toLine(entry: JobEntry): string {
  const { cause, end, holder, startedAt } = entry;
  const seconds = end ? Math.round((Date.parse(end.finishedAt) - Date.parse(startedAt)) / 1_000) : undefined;
  const parts = [
    startedAt,
    stateOf(entry, systemClock.now()).padEnd(13),
    cause.kind.padEnd(8),
    seconds === undefined ? '' : `${seconds} s`,
    end?.modelVersion ?? end?.failure ?? '',
    cause.note ?? '',
    `(${holder})`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

async function tellStatus({ registry, json }: RegistryOptions): Promise<void> {
  const [jobs, waiting] = await Promise.all([
    readJobs(registry),
    openJobRequests(requestsDirectory(registry), tellDamaged).list(),
  ]);
  const last = jobs.at(-1);
  const running = last && stateOf(last, systemClock.now()) === 'running' ? last : undefined;
  const ended = jobs.filter(({ end }) => end).at(-1);
  const lines = [
    `running  ${running ? toLine(running) : 'nothing'}`,
    `last     ${ended ? toLine(ended) : 'nothing yet'}`,
    ...waiting.map(({ requestedAt, by, reason }) => `waiting  ${requestedAt}  ${by}  ${reason ?? ''}`),
  ];
  const facts = { running: running && toFacts(running), last: ended && toFacts(ended), waiting };
  print(facts, lines.join('\n'), { json });
}

async function tellHistory({ registry, json }: RegistryOptions): Promise<void> {
  const jobs = await readJobs(registry);
  print(jobs.map(toFacts), jobs.map(toLine).join('\n') || 'no jobs yet', { json });
}

async function request({ registry, json, reason }: RequestOptions): Promise<void> {
  const asked = await openJobRequests(requestsDirectory(registry)).ask({
    requestedAt: new Date(systemClock.now()).toISOString(),
    by: userInfo().username,
    ...(reason !== undefined && { reason }),
  });
  print(asked, `asked for: ${asked.id}`, { json });
}

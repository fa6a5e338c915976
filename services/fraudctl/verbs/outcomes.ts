// services/fraudctl/verbs/outcomes.ts: `fraudctl outcomes import|release`: label evidence from a table onto the topic; what was parked, joined.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { findInArchive } from '../../../shared/archive/find-in-archive.ts';
import { openArchive } from '../../../shared/archive/open-archive.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import { defaultEdgeSettings } from '../../../shared/edge/edge-settings.ts';
import { createProducer } from '../../../shared/kafka/producer.ts';
import { findInDecisions, findInTurn } from '../../../shared/labels/find-transactions.ts';
import { createOutcomeIntake, type OutcomeIntake } from '../../../shared/labels/outcome-intake.ts';
import { createParkedEvidence } from '../../../shared/labels/parked-evidence.ts';
import { createSourceQuotas } from '../../../shared/labels/source-quotas.ts';
import { loadOutcomeMapping } from '../../../shared/replay/outcome-mapping.ts';
import { type ReadOutcome, readOutcomes } from '../../../shared/replay/read-outcomes.ts';
import { toRecord } from '../../../shared/replay/send-lines.ts';
import { createLmdbEvidenceTable } from '../../../shared/sequence/lmdb-evidence-table.ts';
import { createLmdbStateStore } from '../../../shared/sequence/lmdb-state-store.ts';
import { type KafkaOptions, toConnection, toTopics, withKafkaOptions } from '../kafka-options.ts';
import { toPositive } from '../option-values.ts';
import { createProgress } from '../progress.ts';

const DAY_MS = 86_400_000;
const SLICE = 1_000;
const PAST_LIMIT_MS = 20 * 366 * DAY_MS;

interface OutcomesOptions extends KafkaOptions {
  readonly state: string;
  readonly quota: number;
  readonly parkDays: number;
  readonly archive?: string;
}

const IMPORT_NOTE = `
The mapping says which columns hold what (infra/mappings/README.md). Rows that know only the transaction id are completed from
the decisions in the state directory, and (approved ones are forgotten there after a day) from --archive; those whose transaction is not known wait there for --park-days and are sent when it comes
(\`fraudctl outcomes release\`, or the next import). Importing a file twice sends the same records twice, which changes no label.`;

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const outcomes = program
    .command('outcomes')
    .description('label evidence: verdicts, reports, chargebacks, repayment');
  const withOptions = (command: Command): Command =>
    withKafkaOptions(command)
      .addOption(
        new Option('--state <directory>', 'state directory of the scorer')
          .env('FRAUD_STATE_DIRECTORY')
          .default(join(process.env.FRAUD_HOME || '.fraud', 'state')),
      )
      .addOption(
        new Option(
          '--archive <location>',
          'archive that remembers older transactions: a directory, or s3://…',
        ).env('FRAUD_ARCHIVE'),
      )
      .option('--quota <count>', 'outcomes of one source per day', toPositive, 100_000)
      .option('--park-days <days>', 'how long evidence waits for its transaction', toPositive, 30);
  withOptions(outcomes.command('import <file>'))
    .description('send the evidence of a CSV, NDJSON or Parquet file to the outcomes topic')
    .requiredOption('--mapping <file>', 'mapping file, or the name of one in infra/mappings')
    .addHelpText('after', IMPORT_NOTE)
    .action((file: string, options: OutcomesOptions & { readonly mapping: string }) =>
      withIntake(options, (intake) => importFile(file, intake, options)),
    );
  withOptions(outcomes.command('release'))
    .description('send what was parked and whose transaction has come; forget what waited too long')
    .action((options: OutcomesOptions) =>
      withIntake(options, async (intake) => print({ ...(await intake.release()) }, options)),
    );
}

async function importFile(
  file: string,
  intake: OutcomeIntake,
  options: OutcomesOptions & { readonly mapping: string },
): Promise<void> {
  const counts = { read: 0, sent: 0, parked: 0, refused: 0 };
  const refusedBecause: Record<string, number> = {};
  const refuse = (code: string): void => {
    counts.refused++;
    refusedBecause[code] = (refusedBecause[code] ?? 0) + 1;
  };
  const admit = async (slice: readonly ReadOutcome[]): Promise<void> => {
    const drafts = slice.flatMap((one) => ('draft' in one ? [one.draft] : []));
    for (const one of slice) if ('error' in one) refuse(one.error.code);
    for (const admitted of await intake.admit(drafts)) {
      if (admitted.kind === 'refused') refuse(admitted.error.code);
      else counts[admitted.kind]++;
    }
    counts.read += slice.length;
  };
  const progress = createProgress('rows');
  let slice: ReadOutcome[] = [];
  for await (const one of readOutcomes(file, loadOutcomeMapping(options.mapping))) {
    slice.push(one);
    if (slice.length < SLICE) continue;
    await admit(slice);
    slice = [];
    progress.update(counts.read, counts.read);
  }
  await admit(slice);
  progress.stop();
  print({ file, ...counts, refusedBecause, released: await intake.release() }, options);
}

/** Old files are imported on purpose: they are not judged by their age. */
const edge = { ...defaultEdgeSettings, maxOutcomePastMs: PAST_LIMIT_MS };

async function withIntake(
  options: OutcomesOptions,
  use: (intake: OutcomeIntake) => Promise<void>,
): Promise<void> {
  const topics = toTopics(options);
  const store = createLmdbStateStore({ directory: options.state });
  const table = createLmdbEvidenceTable({ directory: options.state });
  const producer = await createProducer({ connection: toConnection(options) });
  const toOutcomeRecord = (outcome: Outcome) =>
    toRecord(
      { kind: 'outcome', outcome, knownAtMs: Date.parse(outcome.labeledAt) },
      { topics, source: 'fraudctl' },
    );
  const archive = options.archive === undefined ? undefined : await openArchive(options.archive);
  const find = findInTurn([findInDecisions(store), ...(archive ? [findInArchive(archive)] : [])]);
  try {
    await use(
      createOutcomeIntake({
        clock: systemClock,
        find,
        parked: createParkedEvidence({ table, find, ttlMs: options.parkDays * DAY_MS }),
        quotas: createSourceQuotas(table, { '*': options.quota }),
        send: (outcomes) => producer.send(outcomes.map(toOutcomeRecord)),
        edge,
      }),
    );
  } finally {
    await producer.close();
    await table.close();
    await store.close();
    await archive?.close();
  }
}

function print(facts: Readonly<Record<string, unknown>>, { json }: { readonly json?: boolean }): void {
  const lines = Object.entries(facts).map(
    ([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  process.stdout.write(json ? `${JSON.stringify(facts)}\n` : `${lines.join('\n')}\n`);
}

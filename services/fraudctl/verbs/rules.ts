// services/fraudctl/verbs/rules.ts: `fraudctl rules check|show`: lists and rules beside the model, looked at before they are used, and what they hit.
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { AppError } from '../../../shared/errors.ts';
import { FileRegistry } from '../../../shared/registry/file-registry.ts';
import { loadAlias } from '../../../shared/registry/registry.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { loadRules } from '../../../shared/rules/load-rules.ts';
import type { CompiledEntry, RuleSet } from '../../../shared/rules/rule-set.ts';
import { createRulesTrial, type RulesTrial } from '../../../shared/rules/try-rules.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { openPastTransactions } from '../past-transactions.ts';
import { createProgress } from '../progress.ts';
import { readRuleHits } from '../rule-hits.ts';
import { toColumns } from '../to-columns.ts';

interface CheckOptions {
  readonly transactions?: string;
  readonly mapping?: string;
  readonly registry: string;
  readonly json?: boolean;
}

interface ShowOptions {
  readonly metrics?: string;
  readonly json?: boolean;
}

const CHECK_NOTE = `
With --transactions: how often each entry would have hit, and how many of those hits are fraud where the mapping knows it.
Histories start empty with the file; features are those of the registry's champion, or of the shipped one.
Exit code 1 when the file is invalid.`;

/** Adds the verb and its sub-commands. */
export function register(program: Command): void {
  const rules = program
    .command('rules')
    .description(
      'lists and rules beside the model: check a file, try it on past transactions, see what hits',
    );
  rules
    .command('check <file>')
    .description('is the file valid, and what would it have hit?')
    .option('--transactions <file>', 'NDJSON as the topic has it, or with --mapping any table')
    .option('--mapping <file>', 'mapping file, or the name of one in infra/mappings')
    .addOption(
      new Option('--registry <directory>', 'registry directory')
        .env('FRAUD_REGISTRY_DIRECTORY')
        .default(join(process.env.FRAUD_HOME || '.fraud', 'registry')),
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', CHECK_NOTE)
    .action(check);
  rules
    .command('show [file]')
    .description('entries in the order of precedence; the file is that of FRAUD_RULES_FILE unless named')
    .option('--metrics <url>', '/metrics of a running scorer or API: adds what it has hit since its start')
    .option('--json', 'one JSON document on stdout')
    .action(show);
}

async function check(file: string, options: CheckOptions): Promise<void> {
  const { ruleSet } = await loadRules(file);
  const { digest } = ruleSet;
  const trial =
    options.transactions === undefined ? undefined : await tryOn(ruleSet, options.transactions, options);
  if (options.json) {
    const tried = trial && { ...trial.counts, refused: trial.refused, hits: trial.entries };
    return print(
      JSON.stringify({ file, digest, entries: ruleSet.entries.map(describe), ...(tried && { tried }) }),
    );
  }
  print(`valid: ${ruleSet.entries.length} entries, digest ${digest}`);
  if (!trial) return;
  const { transactions, frauds } = trial.counts;
  print(
    `tried on ${transactions} decided transactions, ${frauds} of them known as fraud; ${trial.refused} lines refused\n`,
  );
  const rows = trial.entries.map(({ code, hits, fraudHits, notJudged }) =>
    [code, hits, toShare(hits, transactions), frauds > 0 ? fraudHits : '-', notJudged].map(String),
  );
  print(toColumns([['entry', 'hits', 'share', 'of them fraud', 'not judged'], ...rows]));
}

const toShare = (hits: number, of: number): string =>
  of === 0 ? '-' : `${((100 * hits) / of).toFixed(3)} %`;

async function tryOn(
  ruleSet: RuleSet,
  file: string,
  { mapping, registry }: CheckOptions,
): Promise<RulesTrial & { readonly refused: number }> {
  const opened = new FileRegistry(registry);
  const isThere = (await opened.readAlias('champion')) !== undefined;
  const champion = createChampion(
    isThere ? (await loadAlias(opened, 'champion')).version : await loadShipped(),
  );
  const trial = createRulesTrial(ruleSet, {
    referenceOf: (portfolioId) => champion.viewOf(portfolioId).reference,
    settings: champion.featureSettings,
  });
  const past = await openPastTransactions(file, mapping);
  const progress = createProgress(past.unit);
  try {
    for await (const line of past.lines) {
      trial.add(line);
      progress.update(past.done(), past.total);
    }
  } finally {
    progress.stop();
  }
  return { ...trial, refused: past.refused() };
}

async function show(named: string | undefined, { metrics, json }: ShowOptions): Promise<void> {
  const file = named ?? process.env.FRAUD_RULES_FILE;
  if (!file) throw new AppError('FRAUD_INPUT_INVALID', { detail: 'Name a file, or set FRAUD_RULES_FILE.' });
  const { ruleSet } = await loadRules(file);
  const { digest } = ruleSet;
  const running = metrics === undefined ? undefined : await readRuleHits(metrics);
  const entries = ruleSet.entries.map((entry) => ({
    ...describe(entry),
    ...(running && { hits: running.hitsOf(entry.code) }),
  }));
  if (json) return print(JSON.stringify({ file, digest, inUse: running?.digest, entries }));
  print(`${file}, digest ${digest}`);
  if (running && running.digest !== digest) {
    print(`OTHER RULES ARE IN USE there: ${running.digest ?? 'none'}`);
  }
  const rows = entries.map(({ code, effect, mode, about, values, hits }) => [
    effect,
    code,
    mode,
    ...(running ? [String(hits)] : []),
    values === undefined ? about : `${about} in a list of ${values}`,
  ]);
  print(toColumns([['effect', 'entry', 'mode', ...(running ? ['hits'] : []), 'when'], ...rows]));
}

function describe({ code, effect, sentence, shadow, about, test }: CompiledEntry) {
  const values = test.kind === 'list' ? test.size : undefined;
  return { code, effect, mode: shadow ? 'shadow' : 'live', about, values, sentence };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// test/bench/programs/rules.ts: `npm run bench -- rules [transactions]`: what lists and rules cost a decision: written and serialised without and with them, alternated; and what taking a long list costs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { isDecided } from '../../../shared/domain/transaction.ts';
import { createReplay } from '../../../shared/features/replay-into-memory.ts';
import { loadShipped } from '../../../shared/registry/shipped-champion.ts';
import { loadRules } from '../../../shared/rules/load-rules.ts';
import type { RuleSet } from '../../../shared/rules/rule-set.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import { createDecisionWriter, type DecisionInput } from '../../../shared/scoring/decision-writer.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { type BenchReport, median } from '../bench-report.ts';

const ROUNDS = 9;
const LISTED_CARDS = 100_000;
const microsOf = ({ user, system }: NodeJS.CpuUsage): number => user + system;

/** A list of 100,000 cards, alone, and with the lists and rules of the example beside it. */
async function loadSets() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-bench-rules-'));
  try {
    const cards = Array.from({ length: LISTED_CARDS }, (_, index) => `tok_listed_${index}`);
    writeFileSync(join(directory, 'cards.txt'), cards.join('\n'));
    const list = '  - { code: CARDS, effect: block, field: card, file: cards.txt, sentence: Listed. }\n';
    writeFileSync(join(directory, 'list.yaml'), `version: 1\nlists:\n${list}`);
    const example = readFileSync(join(packageRoot, 'infra/rules/example.yaml'), 'utf8');
    const stolen = join(packageRoot, 'infra/rules/lists/stolen-devices.txt');
    const all = example.replace('lists:\n', `lists:\n${list}`).replace('lists/stolen-devices.txt', stolen);
    writeFileSync(join(directory, 'all.yaml'), all);
    const before = process.cpuUsage();
    const long = await loadRules(join(directory, 'list.yaml'));
    const loadMillis = microsOf(process.cpuUsage(before)) / 1000;
    return { list: long.ruleSet, all: (await loadRules(join(directory, 'all.yaml'))).ruleSet, loadMillis };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a scorer without an encoder would decide from: simulated traffic with its contexts. */
async function createInputs(count: number) {
  const champion = createChampion(await loadShipped());
  const replay = createReplay({ referenceOf: (id) => champion.viewOf(id).reference });
  const inputs: DecisionInput[] = [];
  for (const record of createSimulation({ seed: 11, cards: 400, days: 60 })) {
    if (record.kind !== 'transaction') continue;
    const { transaction } = record;
    const { context } = replay.push(transaction);
    if (!isDecided(transaction)) continue;
    // Features are cut from a slab that later ones fill again.
    const kept = { ...context, features: context.features.slice(), events: context.events.slice() };
    const times = { receivedAtMs: 0, decidedAt: transaction.eventTime, timingsMs: {} };
    inputs.push({ transaction, context: kept, encoded: undefined, ...times });
    if (inputs.length === count) break;
  }
  return { champion, inputs };
}

export async function measure([transactions = '10000']: readonly string[]): Promise<BenchReport> {
  const { champion, inputs } = await createInputs(Number(transactions));
  const { list, all, loadMillis } = await loadSets();
  const sets: readonly (readonly [name: string, rules: RuleSet | undefined])[] = [
    ['no rules', undefined],
    ['a list of 100,000 cards', list],
    ['that, the example’s three lists and three rules', all],
  ];
  const writers = sets.map(([name, rules]) => ({
    name,
    write: createDecisionWriter(champion, rules),
    micros: [] as number[],
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { write, micros } of writers) {
      const before = process.cpuUsage();
      let bytes = 0;
      for (const input of inputs) bytes += JSON.stringify(write(input).decision).length;
      // The first round compiles.
      if (round > 0 && bytes > 0) micros.push(microsOf(process.cpuUsage(before)) / inputs.length);
    }
  }
  const rows = writers.map(({ name, micros }) => ({ name, microsPerDecision: median(micros) }));
  const without = rows[0]?.microsPerDecision ?? Number.NaN;
  return {
    table: rows.map(({ name, microsPerDecision }) => ({
      rules: name,
      'cpu µs per decision': microsPerDecision.toFixed(2),
      'more than without': (microsPerDecision - without).toFixed(2),
    })),
    figures: { transactions: inputs.length, rounds: ROUNDS, rows, loadListCpuMillis: Math.round(loadMillis) },
  };
}

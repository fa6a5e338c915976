// test/quality/transfer-matrix.ts: three source encoders × three target portfolios × the techniques: where the source matters, and how often the recommendation was the best.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { packageRoot } from '../../shared/config/package-root.ts';
import { MemoryRegistry } from '../../shared/registry/memory-registry.ts';
import { compareEncoders } from '../../shared/transfer/compare-encoders.ts';
import { runTransfer } from '../../shared/transfer/run-transfer.ts';
import { parseTransferConfig, techniques } from '../../shared/transfer/transfer-config.ts';
import type { TellHistory } from '../../shared/transfer/transfer-rows.ts';
import { simulateHistory } from '../support/simulated-history.ts';

const sources = ['small', 'small-cnp', 'small-pos'] as const;
const targets = ['mixed', 'card-not-present', 'point-of-sale'] as const;
type Target = (typeof targets)[number];

/** Seeds of portfolios that no pretraining and no other choice has seen. */
const seedOf: Record<Target, number> = {
  mixed: 47_000_001,
  'card-not-present': 47_000_002,
  'point-of-sale': 47_000_003,
};
const windows = { labelDelayDays: 5, warmUpDays: 8, testShare: 0.35, calibrateShare: 0.1 };
const base = {
  windows,
  genuineEvery: 4,
  labelShare: 0.1,
  controls: [],
  rounds: 0,
  adaptation: { steps: 150, rows: 48 },
  fineTuning: { steps: 150, rows: 64, evaluateEvery: 50, laterRows: 2_000 },
};

const cellsSchema = z.record(z.string(), z.number());
const textsSchema = z.record(z.string(), z.string());

/** What was measured before, so that a run that was stopped goes on. */
function openMemory<Values>(file: string, schema: z.ZodType<Values>, empty: Values) {
  const values = existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : empty;
  return { values, save: () => writeFileSync(file, JSON.stringify(values, undefined, 1)) };
}

function tellTarget(target: Target, cards: number): TellHistory {
  const lines = simulateHistory({
    seed: seedOf[target],
    portfolios: 1,
    cards,
    days: 70,
    startTime: '2026-01-05T00:00:00.000Z',
    domain: target,
    fraudRate: 0.02,
  });
  return async function* tell() {
    yield lines;
  };
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Prints one line per target and technique, the recommended source marked. */
export async function runTransferMatrix(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cards: { type: 'string', default: '500' },
      techniques: { type: 'string', default: techniques.join(',') },
      targets: { type: 'string', default: targets.join(',') },
    },
  });
  const folder = join(packageRoot, '.fraud/quality/transfer-matrix');
  mkdirSync(folder, { recursive: true });
  const cells = openMemory(join(folder, `cells-${values.cards}.json`), cellsSchema, {});
  const advice = openMemory(join(folder, `advice-${values.cards}.json`), textsSchema, {});
  const chosen = techniques.filter((technique) => values.techniques.split(',').includes(technique));
  const wanted = targets.filter((target) => values.targets.split(',').includes(target));
  for (const target of wanted) {
    const tell = tellTarget(target, Number(values.cards));
    if (advice.values[target] === undefined) {
      const config = parseTransferConfig({ ...base, technique: 'feature-extraction' });
      const { recommendation } = await compareEncoders({
        config,
        tell,
        encoders: sources,
        budgets: [3, 'all'],
        draws: 3,
      });
      advice.values[target] = recommendation.encoder;
      advice.save();
      say(`${target}: ${recommendation.why}`);
    }
    for (const technique of chosen) {
      for (const encoder of sources) {
        const name = `${target}|${technique}|${encoder}`;
        if (cells.values[name] !== undefined) continue;
        const startedAt = performance.now();
        const { record } = await runTransfer({
          config: parseTransferConfig({ ...base, technique, encoder }),
          tell,
          inputs: { target },
          registry: new MemoryRegistry(),
          now: () => Date.now(),
          runsDirectory: join(folder, 'runs'),
        });
        cells.values[name] = record.metrics.averagePrecision ?? Number.NaN;
        cells.save();
        say(
          `${name}: ${cells.values[name]?.toFixed(3)} (${((performance.now() - startedAt) / 1000).toFixed(0)} s)`,
        );
      }
    }
  }
  report(cells.values, advice.values, wanted, chosen);
}

function report(
  cells: Readonly<Record<string, number>>,
  advice: Readonly<Record<string, string>>,
  wanted: readonly Target[],
  chosen: readonly string[],
): void {
  let hits = 0;
  const regrets: number[] = [];
  say(
    `\n${'target'.padEnd(18)}${'technique'.padEnd(30)}${sources.map((source) => source.padEnd(13)).join('')}regret`,
  );
  for (const target of wanted) {
    for (const technique of chosen) {
      const figures = sources.map((source) => cells[`${target}|${technique}|${source}`] ?? Number.NaN);
      const best = Math.max(...figures);
      const regret = best - (figures[sources.map(String).indexOf(advice[target] ?? '')] ?? Number.NaN);
      regrets.push(regret);
      if (regret === 0) hits++;
      const columns = sources.map((source, at) =>
        `${figures[at]?.toFixed(3)}${advice[target] === source ? ' *' : ''}`.padEnd(13),
      );
      say(`${target.padEnd(18)}${technique.padEnd(30)}${columns.join('')}${regret.toFixed(3)}`);
    }
  }
  const mean = regrets.reduce((sum, value) => sum + value, 0) / Math.max(1, regrets.length);
  say(
    `\n* recommended by encoders compare, which picked the best in ${hits} of ${regrets.length}; mean regret ${mean.toFixed(3)}, largest ${Math.max(...regrets).toFixed(3)}`,
  );
}

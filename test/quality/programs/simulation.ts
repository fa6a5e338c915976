// test/quality/programs/simulation.ts: `npm run quality -- simulation`: is simulated fraud as hard as it should be? Boosting, single columns, typologies.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../../shared/config/package-root.ts';
import { isDecided, type Transaction } from '../../../shared/domain/transaction.ts';
import { createReferenceBuilder } from '../../../shared/features/build-reference.ts';
import type { PopulationReference } from '../../../shared/features/population-reference.ts';
import { buildContexts } from '../../../shared/features/replay-into-memory.ts';
import { featureNames } from '../../../shared/features/velocity.ts';
import type { SimulatedTransaction } from '../../../shared/simulation/simulated-record.ts';
import { createSimulation, type SimulationOptions } from '../../../shared/simulation/simulation.ts';
import { findPython } from '../boosting.ts';

const DAY_MS = 86_400_000;
const WARM_UP_DAYS = 25;
const TEST_DAYS = 30;
/** One genuine training row in this many is kept; test rows are all kept. */
const GENUINE_EVERY = 5;

/** Fields of a transaction as they stand, to see whether one of them alone gives fraud away. */
const rawFields: Record<string, (transaction: Transaction) => string | number | undefined> = {
  amount: ({ billingAmountMinor, amountMinor }) => billingAmountMinor ?? amountMinor,
  hour: ({ eventTime }) => Number(eventTime.slice(11, 13)),
  mcc: ({ merchant }) => `c${merchant?.mcc}`,
  country: ({ merchant }) => `c${merchant?.country}`,
  merchant: ({ merchant }) => merchant?.terminalId ?? merchant?.id,
  currency: ({ currency }) => currency,
  entryMode: ({ entryMode }) => entryMode,
  cvv: ({ authentication }) => authentication?.cvv,
  avs: ({ authentication }) => authentication?.avs,
  threeDSecure: ({ authentication }) => authentication?.threeDSecure,
  pin: ({ authentication }) => authentication?.pin,
  response: ({ authorizationResponse }) => authorizationResponse,
  ipCountry: ({ ipCountry }) => `c${ipCountry}`,
  type: ({ type }) => type,
};

type Row = readonly (string | number)[];

/** A CSV file written in pieces. */
function createTable(file: string, header: Row) {
  const handle = openSync(file, 'w');
  let lines: string[] = [header.join()];
  const flush = () => {
    writeSync(handle, `${lines.join('\n')}\n`);
    lines = [];
  };
  return {
    add: (row: Row) => {
      lines.push(row.join());
      if (lines.length > 2_000) flush();
    },
    close: () => {
      flush();
      closeSync(handle);
    },
  };
}

function measureReference(options: SimulationOptions): PopulationReference {
  const builder = createReferenceBuilder('quality');
  for (const record of createSimulation({ ...options, days: WARM_UP_DAYS })) {
    if (record.kind === 'transaction') builder.add(record.transaction);
  }
  return builder.build();
}

/** Rows of decided transactions after the warm-up, with the day they fell on. */
function* tellRows(options: SimulationOptions): Generator<{ day: number; isFraud: boolean; row: Row }> {
  const startMs = Date.parse(options.startTime ?? '');
  const reference = measureReference(options);
  const stream = createSimulation(options);
  for (const { line, context } of buildContexts<SimulatedTransaction>(stream, {
    referenceOf: () => reference,
  })) {
    const { transaction, truth } = line;
    const day = (Date.parse(transaction.eventTime) - startMs) / DAY_MS;
    if (day < WARM_UP_DAYS || !isDecided(transaction)) continue;
    const isFraud = truth.label === 'fraud';
    const raw = Object.values(rawFields).map((read) => read(transaction) ?? 'missing');
    const about = [transaction.cardToken, truth.typology ?? 'none', isFraud ? 1 : 0];
    yield { day, isFraud, row: [...context.features, ...raw, ...about] };
  }
}

/** Train and test tables of one portfolio as CSV files. */
function writeTables(options: SimulationOptions, folder: string): void {
  const rawNames = Object.keys(rawFields).map((name) => `raw_${name}`);
  const header = [...featureNames, ...rawNames, 'card', 'typology', 'label'];
  const train = createTable(join(folder, 'train.csv'), header);
  const test = createTable(join(folder, 'test.csv'), header);
  let genuine = 0;
  for (const { day, isFraud, row } of tellRows(options)) {
    if (!isFraud) genuine += 1;
    if (day >= (options.days ?? 0) - TEST_DAYS) test.add(row);
    else if (isFraud || genuine % GENUINE_EVERY === 0) train.add(row);
  }
  train.close();
  test.close();
}

interface Judgement {
  readonly averagePrecision: number;
  readonly auc: number;
  readonly testFrauds: number;
  readonly strongestAlone: Readonly<Record<string, number>>;
  readonly recallByKind: Readonly<Record<string, { frauds: number; recall: number }>>;
}

function judge(options: SimulationOptions): Judgement {
  const folder = mkdtempSync(join(tmpdir(), 'fraud-simulation-'));
  try {
    writeTables(options, folder);
    const script = join(packageRoot, 'test/quality/python/boosting.py');
    const files = ['--train', join(folder, 'train.csv'), '--test', join(folder, 'test.csv')];
    const columns = ['--kind', 'typology', '--group', 'card', '--bootstrap', '50', '--single'];
    const printed = execFileSync(findPython(), [script, ...files, ...columns], {
      encoding: 'utf8',
      // Threads that wait by spinning make each other slow on a busy machine.
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    return JSON.parse(printed) as Judgement;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the check on several portfolios; exits 1 when one lies outside of what the simulation promises. */
export async function run(rest: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: {
      seeds: { type: 'string', default: '101,102,103' },
      cards: { type: 'string', default: '2500' },
      days: { type: 'string', default: '120' },
      rate: { type: 'string' },
      domain: { type: 'string', default: 'any' },
    },
  });
  const domain =
    values.domain === 'mixed' || values.domain === 'card-not-present' || values.domain === 'point-of-sale'
      ? values.domain
      : 'any';
  for (const seed of values.seeds.split(',').map(Number)) {
    const judged = judge({
      seed,
      domain,
      cards: Number(values.cards),
      days: Number(values.days),
      startTime: '2025-01-06T00:00:00.000Z',
      ...(values.rate === undefined ? {} : { fraudRate: Number(values.rate) }),
    });
    const strongest = Math.max(...Object.values(judged.strongestAlone));
    const holds = judged.averagePrecision >= 0.3 && judged.averagePrecision <= 0.8 && strongest <= 0.85;
    if (!holds) process.exitCode = 1;
    process.stdout.write(`${JSON.stringify({ seed, domain, holds, ...judged })}\n`);
  }
}

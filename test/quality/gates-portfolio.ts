// test/quality/gates-portfolio.ts: one simulated portfolio scored by the shipped champion and archived, kept between runs; the truth beside it.
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import type { Outcome } from '../../shared/domain/outcome.ts';
import { merchantKeyOf, type Transaction } from '../../shared/domain/transaction.ts';
import { sha256Of } from '../../shared/registry/manifest.ts';
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';
import { openArchiveWriter, tellScored } from '../support/scored-archive.ts';

/** Records of one range of the archive. */
const RANGE = 10_000;

/** What really happened to one transaction. */
export interface TrueRow {
  readonly transaction: Transaction;
  readonly isFraud: boolean;
  readonly merchantKey: string | undefined;
  readonly eventTimeMs: number;
}

export interface GatesPortfolio {
  /** Of the archive. */
  readonly archive: string;
  readonly outcomes: readonly Outcome[];
  /** By transaction id. */
  readonly truth: ReadonlyMap<string, TrueRow>;
}

/** Scored once per settings of the simulation; told again, which takes seconds, for the truth. */
export async function loadGatesPortfolio(simulation: SimulationOptions): Promise<GatesPortfolio> {
  const digest = sha256Of(Buffer.from(JSON.stringify(simulation))).slice(0, 12);
  const folder = join(packageRoot, '.fraud', 'quality', 'gates', digest);
  if (!existsSync(folder)) await score(simulation, folder);
  const outcomes: Outcome[] = [];
  const truth = new Map<string, TrueRow>();
  for (const record of createSimulation(simulation)) {
    if (record.kind === 'outcome') {
      outcomes.push(record.outcome);
      continue;
    }
    const { transaction } = record;
    truth.set(transaction.transactionId, {
      transaction,
      isFraud: record.truth.label === 'fraud',
      merchantKey: merchantKeyOf(transaction),
      eventTimeMs: Date.parse(transaction.eventTime),
    });
  }
  return { archive: join(folder, 'archive'), outcomes, truth };
}

async function score(simulation: SimulationOptions, folder: string): Promise<void> {
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const archive = await openArchiveWriter(join(draft, 'archive'));
  let rows: unknown[] = [];
  for await (const chunk of tellScored(simulation)) {
    rows.push(...chunk.rows);
    if (rows.length < RANGE) continue;
    await archive.write('rows', rows);
    rows = [];
  }
  await archive.write('rows', rows);
  await archive.close();
  renameSync(draft, folder);
}

/** An archive with the portfolio's rows and these outcomes. */
export async function writeArchiveWith(
  portfolio: GatesPortfolio,
  root: string,
  outcomes: readonly Outcome[],
): Promise<void> {
  mkdirSync(root, { recursive: true });
  symlinkSync(join(portfolio.archive, 'training-rows'), join(root, 'training-rows'));
  // How far the rows' topic is archived: without it none of its files counts.
  cpSync(join(portfolio.archive, 'marks'), join(root, 'marks'), { recursive: true });
  const archive = await openArchiveWriter(root);
  await archive.write('outcomes', outcomes);
  await archive.close();
}

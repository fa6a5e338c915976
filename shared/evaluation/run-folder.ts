// shared/evaluation/run-folder.ts: run folders: named, written so that a reader never sees half a record, listed.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { RUN_FILE, type RunRecord, runRecordSchema } from './run-record.ts';

/** Where runs lie when nobody says otherwise: `.fraud/runs`, or below FRAUD_HOME. */
export function defaultRunsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.FRAUD_HOME ?? '.fraud', 'runs');
}

/**
 * Name of a run that sorts by its start: `2026-11-24t1405-fine-tune-3f9c`.
 * @param what kind or technique, small letters and dashes
 * @param digest hex; its first four digits keep runs of one minute apart
 */
export function toRunId(startedAt: Date, what: string, digest: string): string {
  const minute = startedAt.toISOString().slice(0, 16).replace(':', '').toLowerCase();
  return `${minute}-${what}-${digest.slice(0, 4)}`;
}

/** Writes or replaces the record of a run; the folder is made when it is not there. @returns the run folder */
export function writeRunRecord(runsDirectory: string, record: RunRecord): string {
  const folder = join(runsDirectory, record.id);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, RUN_FILE);
  writeFileSync(`${file}.part`, `${JSON.stringify(runRecordSchema.parse(record), null, 1)}\n`);
  renameSync(`${file}.part`, file);
  return folder;
}

/**
 * Reads a run.
 * @param idOrPrefix the run's id, or a beginning that only one run has
 * @throws AppError FRAUD_INPUT_INVALID when there is no such run, several begin like this, or its record is no record
 */
export function readRun(runsDirectory: string, idOrPrefix: string): RunRecord {
  const matching = runFolders(runsDirectory).filter((id) => id === idOrPrefix || id.startsWith(idOrPrefix));
  const id = matching.find((one) => one === idOrPrefix) ?? (matching.length === 1 ? matching[0] : undefined);
  if (id !== undefined) return parseRun(runsDirectory, id);
  throw new AppError('FRAUD_INPUT_INVALID', {
    detail:
      matching.length === 0
        ? `There is no run "${idOrPrefix}" in ${runsDirectory}.`
        : `${matching.length} runs begin with "${idOrPrefix}": ${matching.join(', ')}.`,
  });
}

/** All runs, oldest first. */
export function listRuns(runsDirectory: string): RunRecord[] {
  return runFolders(runsDirectory)
    .map((id) => parseRun(runsDirectory, id))
    .sort((left, right) => left.startedAt.localeCompare(right.startedAt));
}

function runFolders(runsDirectory: string): string[] {
  if (!existsSync(runsDirectory)) return [];
  return readdirSync(runsDirectory).filter((id) => existsSync(join(runsDirectory, id, RUN_FILE)));
}

function parseRun(runsDirectory: string, id: string): RunRecord {
  const file = join(runsDirectory, id, RUN_FILE);
  const parsed = runRecordSchema.safeParse(parseJson(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new AppError('FRAUD_INPUT_INVALID', {
    detail: `${file} is no record of a run: ${z.prettifyError(parsed.error)}`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

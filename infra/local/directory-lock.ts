// infra/local/directory-lock.ts: one demonstration per directory: a second one would delete the files of the first.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';

const LOCK_FILE = 'running.pid';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @throws AppError FRAUD_DEMONSTRATION_RUNNING when another process that still runs holds the directory */
export function refuseRunning(directory: string): void {
  const file = join(directory, LOCK_FILE);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  if (pid > 0 && pid !== process.pid && isRunning(pid)) {
    throw new AppError('FRAUD_DEMONSTRATION_RUNNING', { detail: `Process ${pid} uses ${directory}.` });
  }
}

/** Marks the directory as this process' own until it ends; what a killed process left behind does not count. */
export function holdDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, LOCK_FILE);
  writeFileSync(file, String(process.pid));
  process.once('exit', () => rmSync(file, { force: true }));
}

// test/quality/boosting.ts: the rival, gradient boosting (scikit-learn), run on the same rows through Python.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';
import { readNpyDoubles, writeNpy } from './npy.ts';

const pythonFolder = join(packageRoot, 'test/quality/python');

/** Path of a Python with scikit-learn: an environment below .fraud, made on first use from the package registry. */
export function findPython(): string {
  const environment = join(packageRoot, '.fraud/quality/python');
  const python = join(environment, 'bin/python');
  const requirements = readFileSync(join(pythonFolder, 'requirements.txt'), 'utf8');
  const ready = join(environment, 'ready');
  if (existsSync(ready) && readFileSync(ready, 'utf8') === requirements) return python;
  mkdirSync(environment, { recursive: true });
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '-r', join(pythonFolder, 'requirements.txt')], {
    stdio: 'inherit',
  });
  writeFileSync(ready, requirements);
  return python;
}

export interface BoostingInput {
  /** (rows, columns), row-major. */
  readonly features: Float32Array;
  readonly columns: number;
  readonly labels: Uint8Array;
  readonly testRows: Int32Array;
  /** Labelled rows of each draw. */
  readonly draws: readonly (readonly number[])[];
}

/** Scores of the test rows, one column per draw. */
export function scoreByBoosting(input: BoostingInput): Float64Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'fraud-boosting-'));
  try {
    writeNpy(join(folder, 'features.npy'), input.features, [input.labels.length, input.columns]);
    writeNpy(join(folder, 'labels.npy'), input.labels, [input.labels.length]);
    writeNpy(join(folder, 'test.npy'), input.testRows, [input.testRows.length]);
    writeFileSync(join(folder, 'draws.json'), JSON.stringify(input.draws.map((train) => ({ train }))));
    execFileSync(findPython(), [join(pythonFolder, 'boosting_draws.py'), folder], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Threads that wait by spinning make each other slow on a busy machine.
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    const scores = readNpyDoubles(join(folder, 'scores.npy'));
    const width = input.testRows.length;
    return input.draws.map((_, draw) => scores.slice(draw * width, (draw + 1) * width));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

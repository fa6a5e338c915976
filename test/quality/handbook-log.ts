// test/quality/handbook-log.ts: every look at the Handbook's judged folds is a line of a log that is only appended to.
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';

/** Writes down when, at which commit, and what was seen. */
export function logEvaluation(facts: Readonly<Record<string, unknown>>): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: packageRoot })
    .toString()
    .trim();
  const line = { at: new Date().toISOString(), commit, ...facts };
  appendFileSync(join(packageRoot, 'test/quality/HANDBOOK-EVALUATIONS.log'), `${JSON.stringify(line)}\n`);
}

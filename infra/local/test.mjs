// infra/local/test.mjs: npm test: set-up, then every check; ends with what was skipped and one line of counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { prepare, root } from './prepare.mjs';

const suites = ['unit', 'contract', 'architecture', 'parity', 'tutorial', 'integration'];
const bin = (name) => join(root, 'node_modules/.bin', name);
const dataFolder = process.env.FRAUD_QUALITY_DATA ?? join(root, '../shared/data');

/** Runs one command; true when it succeeded. */
function check(title, command, args) {
  process.stdout.write(`\n── ${title}\n`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env });
  if (status !== 0) process.stdout.write(`FAILED: ${title}\n`);
  return status === 0;
}

/** Counts and names out of vitest's JSON report. */
function readReport(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: [] };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const tests = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: relative(root, name) })),
  );
  // A file that failed to load holds no tests, and is a failure all the same.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + broken.length,
    skipped: tests.filter(({ status }) => status !== 'passed' && status !== 'failed'),
  };
}

function judgeData() {
  if (existsSync(dataFolder)) return true;
  process.stdout.write(
    `\nNOTICE: ${relative(process.cwd(), dataFolder)} is not there: tests on public data sets are skipped.\n`,
  );
  return process.env.CI !== 'true';
}

prepare();
mkdirSync(join(root, '.fraud'), { recursive: true });
const reportFile = join(root, '.fraud/test-report.json');
const projects = suites.flatMap((suite) => ['--project', suite]);
const outcomes = [
  check('format and lint', bin('biome'), ['check', '.']),
  check('types', bin('tsc'), ['-p', '.']),
  check(suites.join(', '), bin('vitest'), [
    'run',
    ...projects,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
  ]),
  judgeData(),
];
const { passed, failed, skipped } = readReport(reportFile);
if (skipped.length > 0) {
  process.stdout.write(
    `\nSkipped:\n${skipped.map(({ fullName, file }) => `  - ${file}: ${fullName}`).join('\n')}\n`,
  );
}
const broken = outcomes.filter((isGood) => !isGood).length;
// A check other than the suites that failed counts as one failure.
const failures = Math.max(failed, broken);
process.stdout.write(`\n${passed} passed, ${failures} failed, ${skipped.length} skipped\n`);
process.exitCode = failures > 0 ? 1 : 0;

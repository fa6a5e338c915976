// test/support/fault-page.ts: the table of what callers of the API see while parts fail: two tests write it, each its own rows.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/config/package-root.ts';

export const faultPagePath: string = join(packageRoot, 'infra/runbooks/api-faults.md');

/** Name of the fault, then what callers of each column see. */
export type FaultRow = readonly string[];

/** Written by test/integration/scoring-api-swap.test.ts, from a real process; all other rows by test/services/scoring-api/faults.test.ts. */
export const PROMOTED = 'champion promoted under load (a real process, the shipped encoder)';

/** Of the rows that a test's own API answers. */
export const FAULT_DEADLINE_MS = 2_500;
export const FAULT_CALLERS = 4;

const intro = `# What callers of the scoring API see while parts fail

Made by \`test/services/scoring-api/faults.test.ts\` (\`npx vitest run --project unit -u\` writes it): ${FAULT_CALLERS} callers per column send without a pause before, under and after the fault, deadline ${FAULT_DEADLINE_MS} ms; every one is answered by then, and afterwards all are answered as before, without a restart. A 503 carries \`Retry-After\`; the repeat gets the stored decision when the first one was stored after all. The last row is made by \`test/integration/scoring-api-swap.test.ts\`: a process of its own, its champion promoted by \`fraudctl models promote\` while callers of every column send without a pause; each answer names exactly one version, and is that version's.
`;
const header = ['fault', 'evaluate', 'evaluate, key fails closed', '`record=true`'];
const toLine = (cells: FaultRow): string => `| ${cells.join(' | ')} |`;
const isOfProcess = (line: string): boolean => line.startsWith(`| ${PROMOTED} |`);

/** Lines of the table as the page has them, without its head. */
function readLines(): string[] {
  const page = existsSync(faultPagePath) ? readFileSync(faultPagePath, 'utf8') : '';
  return page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
}

/** The page with these rows; those of the other test stay as they are. @param from who saw them */
export function toFaultPage(rows: readonly FaultRow[], from: 'parts' | 'process'): string {
  const kept = readLines().filter((line) => isOfProcess(line) === (from === 'parts'));
  const made = rows.map(toLine);
  const lines = from === 'parts' ? [...made, ...kept] : [...kept, ...made];
  return `${intro}\n${[toLine(header), toLine(header.map(() => '---')), ...lines].join('\n')}\n`;
}

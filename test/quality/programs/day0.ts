// test/quality/programs/day0.ts: `npm run quality -- day0 sparkov|handbook|simulated`: how far the label-free score gets where no label exists.
import { runHandbookDayZero } from '../day-zero-handbook.ts';
import { runSimulatedDayZero } from '../day-zero-simulated.ts';
import { runSparkovDayZero } from '../day-zero-sparkov.ts';

const programs = new Map([
  ['sparkov', runSparkovDayZero],
  ['handbook', runHandbookDayZero],
  ['simulated', runSimulatedDayZero],
]);

export async function run([name = '', ...args]: readonly string[]): Promise<void> {
  const program = programs.get(name);
  if (program) return program(args);
  process.stderr.write(`Usage: npm run quality -- day0 <${[...programs.keys()].join('|')}> [options]\n`);
  process.exitCode = 2;
}

// services/fraudctl/verbs/prepare.ts: `fraudctl prepare FILE… --mapping M --out DIR`: Parquet of transactions and labels, and a data report.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { measureData } from '../../../shared/prepare/measure-data.ts';
import { preparedFiles } from '../../../shared/prepare/prepared-folder.ts';
import { preparedReport } from '../../../shared/prepare/prepared-report.ts';
import { writePrepared } from '../../../shared/prepare/write-prepared.ts';
import { loadMapping } from '../../../shared/replay/mapping.ts';
import { countRows } from '../../../shared/replay/read-mapped.ts';
import { writeHtmlReport } from '../../../shared/report/html-report.ts';
import { createProgress } from '../progress.ts';

interface PrepareVerbOptions {
  readonly mapping: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Adds the verb. */
export function register(program: Command): void {
  program
    .command('prepare <files...>')
    .description(
      'turn mapped files into Parquet of transactions and of labels as they became known, with a data report',
    )
    .requiredOption('--mapping <file>', 'mapping file, or the name of one in infra/mappings')
    .requiredOption('--out <directory>', 'where to put it; what is there of the same files is kept')
    .option('--json', 'machine-readable output')
    .action(run);
}

async function run(files: string[], options: PrepareVerbOptions): Promise<void> {
  const mapping = loadMapping(options.mapping);
  const directory = options.out;
  const progress = createProgress('transactions');
  const startedAt = performance.now();
  const reportFile = join(directory, preparedFiles.report);
  // Cut off before its report: the work is done again, as the report needs what was refused.
  if (!existsSync(reportFile)) rmSync(join(directory, preparedFiles.manifest), { force: true });
  try {
    let total = 0;
    for (const file of files) total += await countRows({ file, mapping });
    const { manifest, fields, isReused } = await writePrepared({
      files,
      mapping,
      directory,
      onProgress: (transactions) => progress.update(transactions, total),
    });
    if (fields) {
      const facts = await measureData(directory, files, mapping);
      writeHtmlReport(join(directory, preparedFiles.page), await preparedReport(manifest, facts, fields));
      writeFileSync(reportFile, `${JSON.stringify({ ...facts, files: fields }, null, 1)}\n`);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    tell({ directory, ...manifest, isReused, seconds }, options);
  } finally {
    progress.stop();
  }
}

function tell(
  facts: { directory: string; transactions: number; frauds: number; isReused: boolean; seconds: number },
  { json }: PrepareVerbOptions,
): void {
  if (json) process.stdout.write(`${JSON.stringify(facts)}\n`);
  else {
    const { directory, transactions, frauds, isReused, seconds } = facts;
    const how = isReused ? 'was prepared before' : `prepared in ${seconds.toFixed(1)} s`;
    process.stdout.write(
      `${transactions} transactions, ${frauds} frauds ${how}\n${join(directory, preparedFiles.page)}\n`,
    );
  }
}

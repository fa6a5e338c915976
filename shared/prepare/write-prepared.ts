// shared/prepare/write-prepared.ts: mapped files → Parquet of transactions in event-time order and of labels with the time they became known.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openDuck } from '../archive/duck.ts';
import { quoteText } from '../archive/duck-values.ts';
import { AppError } from '../errors.ts';
import { createDataReport, type DataReport } from '../replay/data-report.ts';
import type { Mapping } from '../replay/mapping.ts';
import { type MappedLine, readMappedChunks } from '../replay/read-mapped.ts';
import { createLineFile, createTransactionFile } from '../simulation/line-file.ts';
import { digestFile, type PreparedManifest, preparedFiles, readPreparedManifest } from './prepared-folder.ts';

const DAY_MS = 86_400_000;

export interface PrepareOptions {
  /** One table each; together they must be in event-time order when there are several (one per month, say). */
  readonly files: readonly string[];
  readonly mapping: Mapping;
  readonly directory: string;
  readonly onProgress?: (transactions: number) => void;
}

export interface Prepared {
  readonly manifest: PreparedManifest;
  /** One per file, as replay gives it. Absent when everything was there already. */
  readonly fields?: readonly DataReport[];
  /** The same sources and mapping had been prepared here before: nothing was done. */
  readonly isReused: boolean;
}

/** Digests that tell whether the work is done already. */
async function describeSources({ files, mapping }: PrepareOptions) {
  for (const file of files) {
    if (!existsSync(file)) throw new AppError('FRAUD_INPUT_INVALID', { detail: `There is no file ${file}.` });
  }
  const sources = [];
  for (const file of files) {
    sources.push({ file: basename(file), sha256: await digestFile(file), bytes: statSync(file).size });
  }
  const sha256 = createHash('sha256').update(JSON.stringify(mapping)).digest('hex');
  return { sources, mapping: { name: mapping.name, sha256 } };
}

function isPrepared(directory: string, described: Awaited<ReturnType<typeof describeSources>>): boolean {
  if (!existsSync(join(directory, preparedFiles.manifest))) return false;
  const { sources, mapping } = readPreparedManifest(directory);
  return JSON.stringify({ sources, mapping }) === JSON.stringify(described);
}

interface Parts {
  readonly transactions: string;
  readonly labels: string;
}

/** Takes lines of all files in turn; refuses those that go back in time. */
function createWriter({ mapping }: PrepareOptions, parts: Parts) {
  const delayMs = (mapping.label?.knownAfterDays ?? 0) * DAY_MS;
  const transactions = createTransactionFile(parts.transactions);
  const labels = createLineFile(parts.labels, 'transactionId,portfolioId,label,knownAt');
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    add(line: MappedLine, file: string) {
      if (line.kind !== 'transaction') return;
      if (line.eventTimeMs < lastMs) {
        throw new AppError('FRAUD_INPUT_INVALID', {
          detail: `${file} begins before the file named ahead of it ends. Name the files in the order of their times, without overlap.`,
        });
      }
      lastMs = line.eventTimeMs;
      transactions.add(line.transaction);
      const { transactionId, portfolioId } = line.transaction;
      const knownAt = new Date(line.eventTimeMs + delayMs).toISOString();
      if (line.label) labels.add(`"${transactionId}","${portfolioId}",${line.label},${knownAt}`);
    },
    async close() {
      labels.close();
      await transactions.close();
    },
  };
}

/** Reads all files into files of another name. */
async function writeParts(options: PrepareOptions, parts: Parts) {
  const { files, mapping, onProgress } = options;
  const writer = createWriter(options, parts);
  const reports: DataReport[] = [];
  let count = 0;
  for (const file of files) {
    const report = createDataReport();
    for await (const lines of readMappedChunks({ file, mapping, withOutcomes: false, report })) {
      for (const line of lines) writer.add(line, file);
      count += lines.length;
      onProgress?.(count);
    }
    reports.push(report.report());
  }
  await writer.close();
  return { reports, count };
}

async function toParquet(csv: string, parquet: string): Promise<void> {
  const duck = await openDuck();
  try {
    await duck.connection.run(
      `COPY (FROM read_csv(${quoteText(csv)}, header = true, columns = {transactionId: 'VARCHAR', portfolioId: 'VARCHAR', label: 'VARCHAR', knownAt: 'TIMESTAMP'}))
       TO ${quoteText(parquet)} (FORMAT parquet, COMPRESSION zstd)`,
    );
  } finally {
    duck.close();
  }
  rmSync(csv);
}

/**
 * Writes `transactions.parquet`, `labels.parquet` and, last, `manifest.json`: a folder with a manifest is complete. Rows are
 * parsed by the mapping exactly as a replay does it; what it refuses is counted in the reports. A label counts as known
 * `knownAfterDays` after its transaction, genuine ones too: by then they have matured.
 * @throws AppError FRAUD_INPUT_INVALID for files that cannot be read, lack columns or overlap in time
 */
export async function writePrepared(options: PrepareOptions): Promise<Prepared> {
  const { directory, mapping } = options;
  const described = await describeSources(options);
  if (isPrepared(directory, described)) return { manifest: readPreparedManifest(directory), isReused: true };
  mkdirSync(directory, { recursive: true });
  rmSync(join(directory, preparedFiles.manifest), { force: true });
  // Made from what was here before.
  rmSync(join(directory, preparedFiles.inputs), { recursive: true, force: true });
  const parts = {
    transactions: join(directory, 'part-transactions.parquet'),
    labels: join(directory, 'part-labels.csv'),
  };
  const { reports, count } = await writeParts(options, parts);
  if (count === 0) throw new AppError('FRAUD_INPUT_INVALID', { detail: 'No row became a transaction.' });
  await toParquet(parts.labels, join(directory, preparedFiles.labels));
  renameSync(parts.transactions, join(directory, preparedFiles.transactions));
  const firstEventTime = reports.find((report) => report.firstEventTime)?.firstEventTime;
  const lastEventTime = reports.findLast((report) => report.lastEventTime)?.lastEventTime;
  const manifest: PreparedManifest = {
    formatVersion: 1,
    ...described,
    transactions: count,
    frauds: reports.reduce((sum, { labels }) => sum + labels.fraud, 0),
    firstEventTime,
    lastEventTime,
    labelDelayDays: mapping.label?.knownAfterDays ?? 0,
    files: {
      transactions: await digestFile(join(directory, preparedFiles.transactions)),
      labels: await digestFile(join(directory, preparedFiles.labels)),
    },
  };
  const manifestFile = join(directory, preparedFiles.manifest);
  writeFileSync(`${manifestFile}.part`, `${JSON.stringify(manifest, null, 1)}\n`);
  renameSync(`${manifestFile}.part`, manifestFile);
  return { manifest, fields: reports, isReused: false };
}

// services/fraudctl/labelled-history.ts: the labelled history that a verb works on: a file read through a mapping, or a folder that `fraudctl prepare` wrote.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AppError } from '../../shared/errors.ts';
import { digestFile, preparedFiles } from '../../shared/prepare/prepared-folder.ts';
import { measurePreparedSpan, type PreparedLine, readPrepared } from '../../shared/prepare/read-prepared.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { readMappedChunks } from '../../shared/replay/read-mapped.ts';
import type { RowPlace } from '../../shared/transfer/kept-rows.ts';
import type { HistorySpan, TellHistory } from '../../shared/transfer/transfer-rows.ts';
import { toDate, withPortfolio } from './mapped-file-options.ts';

export interface HistoryOptions {
  readonly data: string;
  readonly mapping?: string;
  readonly portfolio?: string;
  readonly from?: Date;
  readonly until?: Date;
}

/** Adds the options that say where the history is. */
export function addHistoryOptions(command: Command): Command {
  return command
    .requiredOption(
      '--data <place>',
      'labelled history: CSV, NDJSON (also .gz) or Parquet with a mapping, or a folder of `fraudctl prepare`',
    )
    .option(
      '--mapping <file>',
      'mapping file, or the name of one in infra/mappings; not for a prepared folder',
    )
    .option('--portfolio <id>', 'portfolio id, when the mapping names none')
    .option('--from <time>', 'first event time, inclusive', toDate)
    .option('--until <time>', 'event times end before this', toDate);
}

export interface LabelledHistory {
  readonly tell: TellHistory;
  /** Name → SHA-256 of what is read. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Known without telling the history; of a prepared folder only. */
  readonly span?: HistorySpan;
  /** Where model inputs made from it are kept: below the prepared folder, nowhere for a file. */
  readonly rowPlace?: RowPlace;
}

/** @throws AppError FRAUD_INPUT_INVALID when the place cannot be read, or a file comes without a mapping */
export async function openHistory(options: HistoryOptions): Promise<LabelledHistory> {
  const { data, mapping, portfolio, from, until } = options;
  if (existsSync(join(data, preparedFiles.manifest))) {
    const prepared = await readPrepared(data);
    const { transactions, labels } = prepared.manifest.files;
    const inputs = { transactions, labels };
    const bounds = {
      ...(from && { from: from.toISOString() }),
      ...(until && { until: until.toISOString() }),
    };
    return {
      tell: () => within(prepared.lines(), options),
      inputs,
      span: await measurePreparedSpan(data, options),
      rowPlace: { directory: join(data, preparedFiles.inputs), history: { ...inputs, ...bounds } },
    };
  }
  if (mapping === undefined) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      field: 'mapping',
      detail: `${data} is no folder of \`fraudctl prepare\`: a file needs --mapping.`,
    });
  }
  const mapped = withPortfolio(loadMapping(mapping), portfolio);
  const digest = await digestFile(data).catch((cause: unknown) => {
    throw new AppError('FRAUD_INPUT_INVALID', { detail: `${data} cannot be read.`, cause });
  });
  return {
    tell: () => readMappedChunks({ file: data, mapping: mapped, from, until }),
    inputs: { data: digest },
  };
}

const timeOf = (line: PreparedLine): number =>
  line.kind === 'transaction' ? line.eventTimeMs : Date.parse(line.outcome.labeledAt);

async function* within(
  chunks: AsyncIterable<readonly PreparedLine[]>,
  { from, until }: HistoryOptions,
): AsyncGenerator<readonly PreparedLine[]> {
  const [first, end] = [
    from?.getTime() ?? Number.NEGATIVE_INFINITY,
    until?.getTime() ?? Number.POSITIVE_INFINITY,
  ];
  for await (const lines of chunks) {
    const kept = lines.filter((line) => timeOf(line) >= first && timeOf(line) < end);
    if (kept.length > 0) yield kept;
    const last = lines.at(-1);
    // In order of time: nothing that follows is wanted.
    if (last !== undefined && timeOf(last) >= end) return;
  }
}

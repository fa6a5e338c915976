// shared/prepare/prepared-folder.ts: what a folder of prepared data holds, and its manifest.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';

export const preparedFiles = {
  transactions: 'transactions.parquet',
  labels: 'labels.parquet',
  report: 'report.json',
  page: 'report.html',
  manifest: 'manifest.json',
  /** Folder of model inputs, made by the first run that needs them. */
  inputs: 'inputs',
} as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');

export const preparedManifestSchema = z.object({
  formatVersion: z.literal(1),
  /** Mapping as it was used, by name and digest of its parsed content. */
  mapping: z.object({ name: z.string(), sha256 }),
  sources: z.array(z.object({ file: z.string(), sha256, bytes: z.int() })).min(1),
  transactions: z.int(),
  frauds: z.int(),
  firstEventTime: z.iso.datetime().optional(),
  lastEventTime: z.iso.datetime().optional(),
  /** Days from a transaction to its label. */
  labelDelayDays: z.number(),
  files: z.object({ transactions: sha256, labels: sha256 }),
});
export type PreparedManifest = z.infer<typeof preparedManifestSchema>;

/** SQL of one label per transaction: of an id that comes twice, fraud wins and the earlier time counts. @param file quoted path */
export function labelsQuery(file: string): string {
  return `SELECT transactionId, portfolioId, min(label) AS label, min(knownAt) AS knownAt FROM ${file} GROUP BY ALL`;
}

/** SHA-256 of a file, read in pieces. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  return hash.digest('hex');
}

/** @throws AppError FRAUD_INPUT_INVALID when the folder is no finished prepared data */
export function readPreparedManifest(directory: string): PreparedManifest {
  const file = join(directory, preparedFiles.manifest);
  try {
    return preparedManifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new AppError('FRAUD_INPUT_INVALID', {
      detail: `${directory} holds no prepared data: ${preparedFiles.manifest} is missing or wrong. Run fraudctl prepare again.`,
      cause,
    });
  }
}

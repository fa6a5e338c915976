// shared/registry/file-registry.ts: registry in a directory: versions/<name>/ published by rename, aliases/<alias>/<fence>.json created once.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  modelVersionSchema,
  parseManifest,
  sha256Of,
  toManifestBytes,
  type VersionFiles,
  verifyFiles,
} from './manifest.ts';
import {
  type Alias,
  type AliasEntry,
  type AliasMove,
  aliases,
  type Registry,
  sortMoves,
  type VerifiedVersion,
} from './registry.ts';
import { createDurably, isFileError, namesIn, writeDurably } from './write-durably.ts';

const aliasEntrySchema = z.object({
  alias: z.enum(aliases),
  modelVersion: modelVersionSchema,
  manifestDigest: z.string(),
  fence: z.int().min(1),
  replaced: modelVersionSchema.optional(),
  movedAt: z.string(),
  by: z.string(),
  reason: z.string().optional(),
});

/** Width of the fence in a file name: names sort like numbers. */
const FENCE_DIGITS = 12;

/** Registry below `root`. Safe between processes: both publishing and moving rest on operations a file system does atomically. */
export class FileRegistry implements Registry {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async publish(manifest: Manifest, files: VersionFiles): Promise<{ readonly manifestDigest: string }> {
    verifyFiles(manifest, files);
    const manifestBytes = toManifestBytes(manifest);
    const manifestDigest = sha256Of(manifestBytes);
    const incoming = join(this.#root, 'incoming', randomUUID());
    await mkdir(incoming, { recursive: true });
    try {
      for (const [name, bytes] of files) await writeDurably(join(incoming, name), bytes);
      await writeDurably(join(incoming, MANIFEST_FILE), manifestBytes);
      await mkdir(join(this.#root, 'versions'), { recursive: true });
      await rename(incoming, this.#directoryOf(manifest.modelVersion));
    } catch (cause) {
      if (!isFileError(cause, 'ENOTEMPTY', 'EEXIST')) throw cause;
      await this.#expectSame(manifest.modelVersion, manifestDigest);
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
    return { manifestDigest };
  }

  async listVersions(): Promise<string[]> {
    return (await namesIn(join(this.#root, 'versions'))).sort();
  }

  async readManifest(modelVersion: string): Promise<Manifest> {
    return parseManifest(await this.#readManifestBytes(modelVersion));
  }

  async loadVerified(modelVersion: string, expectedDigest?: string): Promise<VerifiedVersion> {
    const manifestBytes = await this.#readManifestBytes(modelVersion);
    const manifestDigest = sha256Of(manifestBytes);
    if (expectedDigest !== undefined && expectedDigest !== manifestDigest) {
      throw new AppError('FRAUD_MODEL_HASH_MISMATCH', { detail: `Manifest of ${modelVersion}.` });
    }
    const manifest = parseManifest(manifestBytes);
    const files = await readFiles(this.#directoryOf(modelVersion), Object.keys(manifest.files));
    verifyFiles(manifest, files);
    return { manifest, manifestDigest, files };
  }

  async readAlias(alias: Alias): Promise<AliasEntry | undefined> {
    const latest = (await this.#entryFiles(alias)).at(-1);
    return latest === undefined ? undefined : readEntry(latest);
  }

  async readHistory(alias?: Alias): Promise<AliasEntry[]> {
    const files = await Promise.all((alias ? [alias] : aliases).map((name) => this.#entryFiles(name)));
    return sortMoves(await Promise.all(files.flat().map(readEntry)));
  }

  async moveAlias({ expectedFence, ...move }: AliasMove): Promise<AliasEntry> {
    const manifestDigest = sha256Of(await this.#readManifestBytes(move.modelVersion));
    const before = await this.readAlias(move.alias);
    if ((before?.fence ?? 0) !== expectedFence)
      throw new AppError('FRAUD_ALIAS_CONFLICT', { detail: move.alias });
    const entry: AliasEntry = {
      ...move,
      manifestDigest,
      fence: expectedFence + 1,
      replaced: before?.modelVersion,
    };
    await this.#createEntry(entry);
    return entry;
  }

  async #createEntry(entry: AliasEntry): Promise<void> {
    const directory = join(this.#root, 'aliases', entry.alias);
    await mkdir(directory, { recursive: true });
    const path = join(directory, `${String(entry.fence).padStart(FENCE_DIGITS, '0')}.json`);
    // Of two movers with one fence, one finds the name taken.
    if (await createDurably(path, new TextEncoder().encode(`${JSON.stringify(entry)}\n`))) return;
    throw new AppError('FRAUD_ALIAS_CONFLICT', { detail: entry.alias });
  }

  /** Paths of an alias's entries, first move first. */
  async #entryFiles(alias: Alias): Promise<string[]> {
    const directory = join(this.#root, 'aliases', alias);
    const names = await namesIn(directory);
    return names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(directory, name));
  }

  async #expectSame(modelVersion: string, manifestDigest: string): Promise<void> {
    if (sha256Of(await this.#readManifestBytes(modelVersion)) !== manifestDigest) {
      throw new AppError('FRAUD_MODEL_EXISTS', { detail: modelVersion });
    }
  }

  async #readManifestBytes(modelVersion: string): Promise<Uint8Array> {
    try {
      return await readFile(join(this.#directoryOf(modelVersion), MANIFEST_FILE));
    } catch (cause) {
      if (!isFileError(cause, 'ENOENT')) throw cause;
      throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: modelVersion, cause });
    }
  }

  /** A name that is no version name cannot exist, and must not become a path. */
  #directoryOf(modelVersion: string): string {
    if (!modelVersionSchema.safeParse(modelVersion).success) {
      throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: 'That is no version name.' });
    }
    return join(this.#root, 'versions', modelVersion);
  }
}

async function readEntry(path: string): Promise<AliasEntry> {
  return aliasEntrySchema.parse(JSON.parse(await readFile(path, 'utf8')));
}

/** Reads each named file once; a missing one is left out, and verification names it. */
export async function readFiles(directory: string, names: readonly string[]): Promise<VersionFiles> {
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    try {
      files.set(name, await readFile(join(directory, name)));
    } catch (cause) {
      if (!isFileError(cause, 'ENOENT')) throw cause;
    }
  }
  return files;
}

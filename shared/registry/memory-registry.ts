// shared/registry/memory-registry.ts: registry in memory, for tests.
import { AppError } from '../errors.ts';
import {
  type Manifest,
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
  type Registry,
  sortMoves,
  type VerifiedVersion,
} from './registry.ts';

interface StoredVersion {
  readonly manifestBytes: Uint8Array;
  readonly files: VersionFiles;
}

/** Versions live as long as the object; bytes are copied in and out. */
export class MemoryRegistry implements Registry {
  readonly #versions = new Map<string, StoredVersion>();
  #moves: readonly AliasEntry[] = [];

  async publish(manifest: Manifest, files: VersionFiles): Promise<{ readonly manifestDigest: string }> {
    verifyFiles(manifest, files);
    const manifestBytes = toManifestBytes(manifest);
    const manifestDigest = sha256Of(manifestBytes);
    const before = this.#versions.get(manifest.modelVersion);
    if (before && sha256Of(before.manifestBytes) !== manifestDigest) {
      throw new AppError('FRAUD_MODEL_EXISTS', { detail: manifest.modelVersion });
    }
    this.#versions.set(manifest.modelVersion, { manifestBytes, files: copyFiles(files) });
    return { manifestDigest };
  }

  async listVersions(): Promise<string[]> {
    return [...this.#versions.keys()].sort();
  }

  async readManifest(modelVersion: string): Promise<Manifest> {
    return parseManifest(this.#find(modelVersion).manifestBytes);
  }

  async loadVerified(modelVersion: string, expectedDigest?: string): Promise<VerifiedVersion> {
    const { manifestBytes, files } = this.#find(modelVersion);
    const manifestDigest = sha256Of(manifestBytes);
    if (expectedDigest !== undefined && expectedDigest !== manifestDigest) {
      throw new AppError('FRAUD_MODEL_HASH_MISMATCH', { detail: `Manifest of ${modelVersion}.` });
    }
    const manifest = parseManifest(manifestBytes);
    verifyFiles(manifest, files);
    return { manifest, manifestDigest, files: copyFiles(files) };
  }

  async readAlias(alias: Alias): Promise<AliasEntry | undefined> {
    return this.#latest(alias);
  }

  async readHistory(alias?: Alias): Promise<AliasEntry[]> {
    return sortMoves(this.#moves.filter((move) => alias === undefined || move.alias === alias));
  }

  async moveAlias({ expectedFence, ...move }: AliasMove): Promise<AliasEntry> {
    const manifestDigest = sha256Of(this.#find(move.modelVersion).manifestBytes);
    const before = this.#latest(move.alias);
    if ((before?.fence ?? 0) !== expectedFence) {
      throw new AppError('FRAUD_ALIAS_CONFLICT', { detail: move.alias });
    }
    const entry: AliasEntry = {
      ...move,
      manifestDigest,
      fence: expectedFence + 1,
      replaced: before?.modelVersion,
    };
    this.#moves = [...this.#moves, entry];
    return entry;
  }

  /** For tests of verification: changes a stored byte behind the manifest's back. */
  corrupt(modelVersion: string, fileName: string): void {
    const bytes = this.#find(modelVersion).files.get(fileName);
    if (bytes) bytes[0] = (bytes[0] ?? 0) ^ 0xff;
  }

  #latest(alias: Alias): AliasEntry | undefined {
    return this.#moves.findLast((move) => move.alias === alias);
  }

  #find(modelVersion: string): StoredVersion {
    const version = this.#versions.get(modelVersion);
    if (!version) throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: modelVersion });
    return version;
  }
}

function copyFiles(files: VersionFiles): VersionFiles {
  return new Map([...files].map(([name, bytes]) => [name, bytes.slice()]));
}

// shared/archive/archive-store.ts: port: whole files under names, visible complete or not at all.

/** A stored file. */
export interface ArchiveObject {
  readonly name: string;
  readonly bytes: number;
  /** Changes whenever the content does. */
  readonly version: string;
}

/** Where the archive lies. Adapters: a local directory (default), an S3-compatible store; both pass one contract suite. */
export interface ArchiveStore {
  /** Makes the bytes of a local file visible under `name`: whole, durable, in place of what stood there. The local file stays. */
  put(name: string, file: string): Promise<void>;
  /** Every object whose name begins with `prefix`, by name. */
  list(prefix: string): Promise<ArchiveObject[]>;
  /**
   * A local file with the object's content: the object itself, or a copy kept until `close`.
   * @throws AppError FRAUD_ARCHIVE_MISSING
   */
  fetch(object: ArchiveObject): Promise<string>;
  /** Forgets these objects; names that do not exist are no error. */
  remove(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

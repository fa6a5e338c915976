// shared/labels/evidence-table.ts: port: a small ordered table beside the histories: parked evidence, counts per source.

/** Rows of bytes by text key; every change is one transaction. Adapters: LMDB (several processes of one machine), memory. */
export interface EvidenceTable {
  /**
   * Changes some rows together: `change` is given what stands under `keys` and answers what shall stand there (undefined removes).
   * No other process changes the table meanwhile.
   */
  update(
    keys: readonly string[],
    change: (rows: readonly (Uint8Array | undefined)[]) => readonly (Uint8Array | undefined)[],
  ): void;
  /** Rows whose key begins with `prefix`, in key order, as they were when asked. */
  scan(prefix: string): { readonly key: string; readonly bytes: Uint8Array }[];
  close(): Promise<void>;
}

/** A table in a map: for tests, and where nothing is to outlive the process. */
export function createMemoryEvidenceTable(): EvidenceTable {
  const rows = new Map<string, Uint8Array>();
  return {
    update: (keys, change) => {
      const changed = change(keys.map((key) => rows.get(key)));
      for (const [index, key] of keys.entries()) {
        const bytes = changed[index];
        if (bytes === undefined) rows.delete(key);
        else rows.set(key, bytes);
      }
    },
    scan: (prefix) =>
      [...rows]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([key, bytes]) => ({ key, bytes })),
    close: async () => {},
  };
}

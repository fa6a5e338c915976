// shared/sequence/lmdb-evidence-table.ts: EvidenceTable in the LMDB environment of the histories.
import { AppError } from '../errors.ts';
import type { EvidenceTable } from '../labels/evidence-table.ts';
import { type LmdbOptions, openEnvironment } from './lmdb-environment.ts';

/** After every key that begins with a prefix: keys are printable ASCII. */
const BEHIND = '\u{7f}';

/**
 * The table of a state directory. May be open beside its state store, in this process or in others.
 * @throws AppError FRAUD_STORE_UNAVAILABLE
 */
export function createLmdbEvidenceTable(options: LmdbOptions): EvidenceTable {
  const { root, evidence, ensureSpace, write, close } = openEnvironment(options);
  const guard = <Answer>(action: () => Answer): Answer => {
    try {
      return action();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('FRAUD_STORE_UNAVAILABLE', { cause });
    }
  };
  return {
    update: (keys, change) =>
      guard(() => {
        ensureSpace();
        write(() => {
          const changed = change(keys.map((key) => copyOf(evidence.getBinary(key))));
          for (const [index, key] of keys.entries()) {
            const bytes = changed[index];
            if (bytes === undefined) evidence.removeSync(key);
            else evidence.putSync(key, bytes);
          }
        });
      }),
    scan: (prefix) =>
      guard(() => {
        root.resetReadTxn();
        const range = evidence.getRange({ start: prefix, end: `${prefix}${BEHIND}` });
        return [...range].map(({ key, value }) => ({ key, bytes: Uint8Array.from(value) }));
      }),
    close,
  };
}

const copyOf = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes && Uint8Array.from(bytes);

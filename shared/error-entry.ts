// shared/error-entry.ts: what the catalogue of errors holds of one code.

/** How a step reacts: `data` → dead letter, `dependency` → pause and retry, `usage` → tell the caller, `fatal` → end the process. */
export type ErrorKind = 'data' | 'dependency' | 'usage' | 'fatal';

export interface CatalogueEntry {
  readonly kind: ErrorKind;
  readonly sentence: string;
  readonly whatToDo: string;
}

export const entry = (kind: ErrorKind, sentence: string, whatToDo: string): CatalogueEntry => ({
  kind,
  sentence,
  whatToDo,
});

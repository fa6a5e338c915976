// shared/labels/source-quotas.ts: how many outcomes a source may send per day: one feed gone wrong must not relabel a portfolio.
import { AppError } from '../errors.ts';
import type { EvidenceTable } from './evidence-table.ts';

const PREFIX = 'quota|';
const DAY_MS = 86_400_000;

export interface SourceQuotas {
  /**
   * Counts one outcome of `source` on the day of `nowMs` (UTC).
   * @throws AppError FRAUD_OUTCOME_QUOTA_EXCEEDED: not counted, the outcome must not be taken
   */
  take(source: string, nowMs: number): void;
}

/** @param perDay outcomes per source and day; `*` serves sources that are not named */
export function createSourceQuotas(
  table: EvidenceTable,
  perDay: Readonly<Record<string, number>> & { readonly '*': number },
): SourceQuotas {
  let today = Number.NaN;
  return {
    take: (source, nowMs) => {
      const day = Math.floor(nowMs / DAY_MS);
      if (day !== today) {
        forgetEarlierDays(table, day);
        today = day;
      }
      const limit = perDay[source] ?? perDay['*'];
      table.update([`${PREFIX}${day}|${source}`], ([row]) => {
        const taken = row ? Number(Buffer.from(row).toString()) : 0;
        if (taken >= limit) {
          throw new AppError('FRAUD_OUTCOME_QUOTA_EXCEEDED', {
            field: 'source',
            detail: `Expected at most ${limit} outcomes of one source per day.`,
            facts: { limit },
          });
        }
        return [Buffer.from(String(taken + 1))];
      });
    },
  };
}

function forgetEarlierDays(table: EvidenceTable, day: number): void {
  const old = table.scan(PREFIX).filter(({ key }) => Number(key.split('|')[1]) < day);
  table.update(
    old.map(({ key }) => key),
    () => old.map(() => undefined),
  );
}

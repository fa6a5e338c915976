// shared/erasure/is-about-erased.ts: does the JSON of a record tell of an erased card, from before its erasure?
import { isObject } from '../edge/read-object.ts';
import type { Tombstones } from './tombstones.ts';

/** Transactions, decisions, alerts, training rows and outcomes all name their card; what is no JSON tells of none. */
export function isAboutErased(
  value: Uint8Array | null,
  tombstones: Pick<Tombstones, 'isErased' | 'list'>,
): boolean {
  if (!value || tombstones.list().length === 0) return false;
  const { portfolioId, cardToken, eventTime, transactionTime } = parse(value);
  if (typeof portfolioId !== 'string' || typeof cardToken !== 'string') return false;
  return tombstones.isErased(portfolioId, cardToken, Date.parse(String(eventTime ?? transactionTime)));
}

function parse(value: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString());
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

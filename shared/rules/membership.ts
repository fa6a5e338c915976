// shared/rules/membership.ts: is a transaction's field in the list? One look-up, however long the list is.
import type { Transaction } from '../domain/transaction.ts';
import type { ListField } from './rules-file.ts';

export type Membership = (transaction: Transaction) => boolean;

type ReadField = (transaction: Transaction) => string | undefined;

const readers: Readonly<Record<ListField, ReadField>> = {
  card: ({ cardToken }) => cardToken,
  account: ({ accountId }) => accountId,
  customer: ({ customerId }) => customerId,
  merchant: ({ merchant }) => merchant?.id,
  terminal: ({ merchant }) => merchant?.terminalId,
  device: ({ deviceId }) => deviceId,
  country: ({ merchant }) => merchant?.country,
  ipCountry: ({ ipCountry }) => ipCountry,
  bin: ({ bin }) => bin,
};

/** BINs have six to eight digits: compared as numbers of eight, a shorter one as all those it begins. */
const BIN_DIGITS = 8;
const firstOf = (bin: string): number => Number(bin.padEnd(BIN_DIGITS, '0'));
const lastOf = (bin: string): number => Number(bin.padEnd(BIN_DIGITS, '9'));

/**
 * A transaction without the field is in no list.
 * @param values as `whyNotInList` accepts them
 * @param portfolios only transactions of these; undefined: of any
 */
export function createMembership(
  field: ListField,
  values: ReadonlySet<string>,
  portfolios?: readonly string[],
): Membership {
  const read = readers[field];
  const has = field === 'bin' ? createBinSet([...values]) : (value: string) => values.has(value);
  const isMember: Membership = (transaction) => {
    const value = read(transaction);
    return value !== undefined && has(value);
  };
  if (portfolios === undefined) return isMember;
  const named = new Set(portfolios);
  return (transaction) => named.has(transaction.portfolioId) && isMember(transaction);
}

/** Merged ranges and a search by halves. A BIN is in when all it begins with lies in one range: six digits are not in a range of eight-digit ones that they only touch. */
function createBinSet(values: readonly string[]): (bin: string) => boolean {
  const ranges = values
    .map((value) => {
      const [from = '', to = from] = value.split('-');
      return { from: firstOf(from), to: lastOf(to) };
    })
    .sort((left, right) => left.from - right.from);
  const merged: { readonly from: number; to: number }[] = [];
  for (const { from, to } of ranges) {
    const before = merged.at(-1);
    if (before && from <= before.to + 1) before.to = Math.max(before.to, to);
    else merged.push({ from, to });
  }
  return (bin) => {
    const first = firstOf(bin);
    let low = 0;
    let high = merged.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((merged[middle]?.from ?? 0) <= first) low = middle + 1;
      else high = middle;
    }
    const range = merged[low - 1];
    return range !== undefined && lastOf(bin) <= range.to;
  };
}

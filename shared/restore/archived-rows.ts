// shared/restore/archived-rows.ts: training rows back into appends: the archived packed events, each once.

import { z } from 'zod';
import { entityKeyOf } from '../domain/entity.ts';
import { trainingRowSchema } from '../domain/training-row.ts';
import { transactionTypes } from '../domain/transaction.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { EVENT_BYTES, readTimeMs } from '../sequence/packed-event.ts';
import type { AppendEvent } from '../sequence/state-store.ts';

/** What of a row the histories need. `context` may be long: its base64 is decoded, not checked letter by letter. */
const archivedRowSchema = trainingRowSchema
  .pick({
    transactionId: true,
    portfolioId: true,
    cardToken: true,
    accountId: true,
    merchantKey: true,
    decided: true,
    inputOffset: true,
    originalTransactionId: true,
    replacesCardToken: true,
  })
  .extend({ context: z.string() });
export type ArchivedRow = z.infer<typeof archivedRowSchema>;

export function parseArchivedRow(value: Uint8Array): ArchivedRow {
  return archivedRowSchema.parse(JSON.parse(Buffer.from(value).toString()));
}

/** `<topic>-<partition>@<offset>` taken apart. */
export function parseInputOffset(text: string): { topic: string; partition: number; offset: bigint } {
  const match = /^(.+)-(\d+)@(\d+)$/.exec(text);
  return { topic: match?.[1] ?? '', partition: Number(match?.[2] ?? -1), offset: BigInt(match?.[3] ?? 0) };
}

const CLEARING = transactionTypes.indexOf('clearing') + 1;

/** The archived packed event, unlabelled: labels come with the outcomes. */
function eventOf({ context }: ArchivedRow): Uint8Array {
  const event = Uint8Array.from(Buffer.from(context, 'base64').subarray(-EVENT_BYTES));
  return event.fill(0, 40, 44);
}

/** When it happened, ms. */
export function eventTimeMsOf(row: ArchivedRow): number {
  const event = eventOf(row);
  return readTimeMs(new DataView(event.buffer, event.byteOffset), 0);
}

/** True for a clearing of a payment whose own row was seen: scoring appended nothing for it. */
export function isSettled(row: ArchivedRow, wasSeen: (transactionId: string) => boolean): boolean {
  const { originalTransactionId } = row;
  return (
    originalTransactionId !== undefined && eventOf(row)[6] === CLEARING && wasSeen(originalTransactionId)
  );
}

/** Appends of the row's own event, as scoring made them. */
export function appendsOf(row: ArchivedRow): AppendEvent[] {
  const { portfolioId, cardToken, merchantKey, accountId, originalTransactionId, replacesCardToken } = row;
  const event = eventOf(row);
  const shared = {
    event,
    ...(originalTransactionId !== undefined && { original: hashTransactionId(originalTransactionId) }),
  };
  const keyOf = (kind: 'card' | 'merchant' | 'account', key: string): string =>
    entityKeyOf({ kind, portfolioId, key });
  const card: AppendEvent = { ...shared, entityKey: keyOf('card', cardToken) };
  const appends = [
    replacesCardToken === undefined ? card : { ...card, takesOverFrom: keyOf('card', replacesCardToken) },
  ];
  if (merchantKey !== undefined) appends.push({ ...shared, entityKey: keyOf('merchant', merchantKey) });
  if (accountId !== undefined) appends.push({ ...shared, entityKey: keyOf('account', accountId) });
  return appends;
}

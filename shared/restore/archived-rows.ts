// shared/restore/archived-rows.ts: training rows back into appends: the archived packed events, each once.

import { z } from 'zod';
import { entityKeyOf } from '../domain/entity.ts';
import { trainingRowSchema } from '../domain/training-row.ts';
import { hashTransactionId } from '../sequence/id-hash.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
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

/** Appends of the row's own event, as scoring made them. */
export function appendsOf(row: ArchivedRow): AppendEvent[] {
  const { portfolioId, cardToken, merchantKey, accountId, originalTransactionId, replacesCardToken } = row;
  const event = Uint8Array.from(Buffer.from(row.context, 'base64').subarray(-EVENT_BYTES));
  event.fill(0, 40, 44); // labels come with the outcomes
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

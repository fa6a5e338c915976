// services/fraudctl/explain/describe-history.ts: the events a score was made from, newest first, in words.
import { entryModes, transactionTypes } from '../../../shared/domain/transaction.ts';
import { categoryNames } from '../../../shared/features/codes.ts';
import { AUTH_FLAGS, EVENT_BYTES, EVENT_FLAGS, readEvent } from '../../../shared/sequence/packed-event.ts';

/** One event as the model saw it: no merchant, no device, no place is named in it. */
export interface HistoryEvent {
  readonly at: string;
  readonly type: string;
  /** Over the median of its currency in the portfolio. */
  readonly amountOverMedian: number;
  readonly category: string;
  readonly entryMode: string;
  /** Merchant seen before, new device, failed checks, … */
  readonly signs: readonly string[];
}

const bitSigns: readonly (readonly [number, string])[] = [
  [AUTH_FLAGS.newDevice, 'new device'],
  [AUTH_FLAGS.ipCountryDiffers, 'address in another country'],
  [AUTH_FLAGS.declinedByIssuer, 'declined by the issuer'],
  [AUTH_FLAGS.cvvMismatch, 'card code wrong'],
  [AUTH_FLAGS.avsMismatch, 'address wrong'],
  [AUTH_FLAGS.pinFailed, 'PIN failed'],
  [AUTH_FLAGS.threeDSecureFailed, '3-D Secure failed'],
  [AUTH_FLAGS.crossCurrency, 'other currency'],
];

function signsOf(flags: number, authentication: number, country: number): string[] {
  const isMerchantKnown = (flags & EVENT_FLAGS.merchantKnown) !== 0;
  return [
    ...(isMerchantKnown && (flags & EVENT_FLAGS.sameMerchant) === 0 ? ['new merchant'] : []),
    ...(country !== 0 && (flags & EVENT_FLAGS.homeCountry) === 0 ? ['abroad'] : []),
    ...bitSigns.flatMap(([bit, sign]) => ((authentication & bit) === 0 ? [] : [sign])),
  ];
}

/** @param most events told, the transaction itself included */
export function describeHistory(events: Uint8Array, most: number): HistoryEvent[] {
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const count = Math.min(most, events.byteLength / EVENT_BYTES);
  return Array.from({ length: count }, (_, back) => {
    const event = readEvent(view, events.byteLength - (back + 1) * EVENT_BYTES);
    return {
      at: new Date(event.timeMs).toISOString(),
      type: transactionTypes[event.type - 1] ?? 'unknown',
      amountOverMedian: Math.round(event.amount * 100) / 100,
      category: categoryNames[event.category] ?? 'missing',
      entryMode: entryModes[event.entryMode - 1] ?? 'missing',
      signs: signsOf(event.flags, event.authentication, event.country),
    };
  });
}

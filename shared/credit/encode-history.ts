// shared/credit/encode-history.ts: an account's billing events → rows for the encoder, and readings ‖ figures → inputs of the model.
import type { Encoder } from '../encoder/encoder.ts';
import { readingNames } from '../encoder/readings.ts';
import { EVENT_BYTES, WINDOW } from '../sequence/packed-event.ts';
import { readBillingHistory, selectBillingEvents } from './billing-months.ts';
import { figureNames, measureFigures } from './credit-figures.ts';

/** One account as of one instant. */
export interface CreditSubject {
  readonly portfolioId: string;
  /** Packed events of the account, oldest first; other types than statements and repayments are passed over. */
  readonly events: Uint8Array;
  /** Credit limit in reference units; NaN when not known. */
  readonly limit: number;
  readonly asOfMs: number;
}

/** Byte of a packed event that holds months past due + 1. */
const PAST_DUE_AT = 11;
const NO_FEATURES = new Float32Array(0);

/** Names of all inputs: readings (none without an encoder), then figures. */
export function creditInputNames(config: { readonly width: number } | undefined): string[] {
  return [...(config ? readingNames(config) : []), ...figureNames];
}

/**
 * Events as the encoder sees them: months past due hidden. A network's answer to them could fall as well as rise; arrears reach
 * the model through figures alone, whose path cannot fall.
 */
export function hideArrears(events: Uint8Array): Uint8Array {
  const hidden = events.slice();
  for (let at = PAST_DUE_AT; at < hidden.length; at += EVENT_BYTES) hidden[at] = 0;
  return hidden;
}

/** Inputs of each subject in the order of `creditInputNames`; readings are 0 where there is no billing event. */
export async function toCreditInputs(
  subjects: readonly CreditSubject[],
  encoder: { readonly encoder: Encoder; readonly config: { readonly width: number } } | undefined,
): Promise<Float32Array[]> {
  const selected = subjects.map(({ events, asOfMs }) => selectBillingEvents(events, asOfMs));
  const width = encoder ? readingNames(encoder.config).length : 0;
  const rows = subjects.map((subject, index) => {
    const history = readBillingHistory(selected[index] ?? new Uint8Array());
    const row = new Float32Array(width + figureNames.length);
    row.set(measureFigures(history, subject, subject.asOfMs), width);
    return row;
  });
  if (!encoder) return rows;
  const encodable = subjects.flatMap((subject, index) => {
    const events = selected[index] ?? new Uint8Array();
    return events.length > 0 ? [{ index, portfolioId: subject.portfolioId, events }] : [];
  });
  const encoded = await encoder.encoder.encodeMany(
    encodable.map(({ portfolioId, events }) => {
      const window = hideArrears(events.subarray(Math.max(0, events.length - WINDOW * EVENT_BYTES)));
      return { portfolioId, events: window, eventCount: window.length / EVENT_BYTES, features: NO_FEATURES };
    }),
  );
  encodable.forEach(({ index }, at) => {
    rows[index]?.set(encoded[at]?.readings ?? [], 0);
  });
  return rows;
}

// shared/encoder/targets.ts: what is forecast of an event, as bins: gap, hour, category, amount, entry mode, same merchant.
import { amountBinOf } from '../features/population-reference.ts';
import { AUTH_FLAGS, EVENT_FLAGS, MISSING_FIXED, readFixed } from '../sequence/packed-event.ts';

/** Bins of ln(1 + seconds since the previous event): GAP_BINS bins of width GAP_BIN_WIDTH, open ends (about 20 s … 11 days). */
export const GAP_BINS = 20;
export const GAP_BIN_WIDTH = 0.6;
export const GAP_FIRST_EDGE = 3;

/** Targets of one event, in the order of `surpriseFields` (shared/domain/decision.ts). */
export const TARGET_COUNT = 6;
export const TARGETS = { gap: 0, hour: 1, category: 2, amount: 3, entryMode: 4, sameMerchant: 5 } as const;
/** A missing field is neither target nor surprise. */
export const NO_TARGET = -1;

/** Bin of a log gap, ln(1 + seconds); 0 … GAP_BINS − 1. */
export function gapBinOf(gapLog: number): number {
  const bin = Math.floor((gapLog - GAP_FIRST_EDGE) / GAP_BIN_WIDTH) + 1;
  return Math.max(0, Math.min(GAP_BINS - 1, bin));
}

/** Hour of day (UTC) of the packed event at `offset`, 0 … 23. */
function hourOf(view: DataView, offset: number): number {
  return Math.floor((view.getUint32(offset, true) % 86_400) / 3_600);
}

/** Writes the TARGET_COUNT bins of the packed event at `offset`; NO_TARGET where the field is missing. */
export function writeTargets(view: DataView, offset: number, into: Int32Array, at: number): void {
  const flags = view.getUint8(offset + 10);
  const hasPrevious = view.getInt16(offset + 32, true) !== MISSING_FIXED;
  const category = view.getUint8(offset + 8);
  const entryMode = view.getUint8(offset + 7);
  into[at + TARGETS.gap] = hasPrevious ? gapBinOf(readFixed(view, offset + 32)) : NO_TARGET;
  into[at + TARGETS.hour] = hourOf(view, offset);
  into[at + TARGETS.category] = category === 0 ? NO_TARGET : category;
  into[at + TARGETS.amount] =
    (flags & EVENT_FLAGS.currencyKnown) !== 0 ? amountBinOf(view.getFloat32(offset + 20, true)) : NO_TARGET;
  into[at + TARGETS.entryMode] = entryMode === 0 ? NO_TARGET : entryMode;
  into[at + TARGETS.sameMerchant] =
    hasPrevious && (flags & EVENT_FLAGS.merchantKnown) !== 0 ? flags & EVENT_FLAGS.sameMerchant : NO_TARGET;
}

/** Fields that a portfolio may lack altogether; pretraining drops them at random, so that the encoder lives without them. */
export const droppableFields = [
  'category',
  'merchant',
  'entryMode',
  'cardPresent',
  'country',
  'authentication',
] as const;
export type DroppableField = (typeof droppableFields)[number];

/** Makes a field of the packed event at `offset` missing, in place, exactly as if it had never been sent. */
export function dropField(view: DataView, offset: number, field: DroppableField): void {
  const clearFlags = (bits: number) => view.setUint8(offset + 10, view.getUint8(offset + 10) & ~bits);
  switch (field) {
    case 'category':
      view.setUint8(offset + 8, 0);
      view.setInt16(offset + 28, MISSING_FIXED, true);
      view.setInt16(offset + 30, MISSING_FIXED, true);
      clearFlags(EVENT_FLAGS.sameCategory);
      break;
    case 'merchant':
      view.setUint32(offset + 36, 0, true);
      clearFlags(EVENT_FLAGS.sameMerchant | EVENT_FLAGS.merchantKnown);
      break;
    case 'entryMode':
      view.setUint8(offset + 7, 0);
      break;
    case 'cardPresent':
      clearFlags(EVENT_FLAGS.cardPresent | EVENT_FLAGS.cardPresentKnown);
      break;
    case 'country':
      view.setUint8(offset + 9, 0);
      clearFlags(EVENT_FLAGS.homeCountry | EVENT_FLAGS.sameCountry);
      break;
    case 'authentication': {
      const kept = AUTH_FLAGS.declinedByIssuer | AUTH_FLAGS.crossCurrency;
      view.setUint16(offset + 34, view.getUint16(offset + 34, true) & kept, true);
    }
  }
}

// shared/sequence/packed-event.ts: one transaction of a history in 48 bytes, with the model inputs computed at append.
//
// Byte  0 u32 event time, whole seconds   4 u16 event time, milliseconds
//       6 u8  type (1-based index of transactionTypes)     7 u8 entry mode (0 missing, 1-based index of entryModes)
//       8 u8  category = MCC group (0 missing)             9 u8 country (0 missing, 1-based index of ISO 3166)
//      10 u8  flags (EVENT_FLAGS)                         11 u8 months past due + 1 (0 missing)
//      12 u32 id hash, low     16 u32 id hash, high (64-bit xxHash of the transaction id: tie-break of the total order)
//      20 f32 amount over the currency's median in the population reference (≥ 0, unsigned)
//      24 i16 level difference   26 i16 level z   28 i16 category level difference
//      30 i16 log gap to this category's last   32 i16 log gap to the previous event   (fixed point, see FIXED_SCALE; MISSING_FIXED = missing)
//      34 u16 authentication and device bits (AUTH_FLAGS)
//      36 u32 merchant hash (0 missing)
//      40 u8  label (LABELS)    41 u8 spare    42 u16 label delay, hours, rounded up
//      44 u16 burst ratio: amount over the card's robust level, fixed point 1/64     46 u16 device hash (0 missing)
// The label bytes (40–43) are the only ones that ever change after append; they are masked in digests.

export const EVENT_BYTES = 48;
/** Positions the encoder sees: the transaction itself and the 63 before it. */
export const WINDOW = 64;
/** i16 fixed point: value × 1024, clamped to ±31.99. */
export const FIXED_SCALE = 1024;
export const MISSING_FIXED = -32768;
export const BURST_SCALE = 64;

export const EVENT_FLAGS = {
  sameMerchant: 1,
  merchantKnown: 2,
  sameCategory: 4,
  cardPresent: 8,
  cardPresentKnown: 16,
  homeCountry: 32,
  sameCountry: 64,
  currencyKnown: 128,
} as const;

export const AUTH_FLAGS = {
  cvvMismatch: 1,
  avsMismatch: 2,
  threeDSecureFailed: 4,
  threeDSecureAuthenticated: 8,
  pinFailed: 16,
  pinVerified: 32,
  newDevice: 64,
  deviceKnown: 128,
  ipCountryDiffers: 256,
  declinedByIssuer: 512,
  crossCurrency: 1024,
} as const;

export const LABELS = { unknown: 0, fraud: 1, genuine: 2 } as const;

/** Position of an event in the total order (event time, id hash). */
export interface EventPosition {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly idLow: number;
  readonly idHigh: number;
}

/** Plain-object form of a packed event: for writing one and for tests; hot paths read the bytes directly. */
export interface EventFields extends EventPosition {
  readonly type: number;
  readonly entryMode: number;
  readonly category: number;
  readonly country: number;
  readonly flags: number;
  readonly monthsPastDue: number;
  readonly amount: number;
  /** Real numbers, or NaN for missing. */
  readonly levelDifference: number;
  readonly levelZ: number;
  readonly categoryDifference: number;
  readonly categoryGapLog: number;
  readonly gapLog: number;
  readonly authentication: number;
  readonly merchantHash: number;
  readonly burstRatio: number;
}

function toFixed(value: number): number {
  if (Number.isNaN(value)) return MISSING_FIXED;
  return Math.max(-32767, Math.min(32767, Math.round(value * FIXED_SCALE)));
}

/** Writes `fields` at `offset` of `view`; label bytes become unknown. */
export function writeEvent(view: DataView, offset: number, fields: EventFields): void {
  const seconds = Math.floor(fields.timeMs / 1000);
  view.setUint32(offset, seconds, true);
  view.setUint16(offset + 4, fields.timeMs - seconds * 1000, true);
  view.setUint8(offset + 6, fields.type);
  view.setUint8(offset + 7, fields.entryMode);
  view.setUint8(offset + 8, fields.category);
  view.setUint8(offset + 9, fields.country);
  view.setUint8(offset + 10, fields.flags);
  view.setUint8(offset + 11, fields.monthsPastDue);
  view.setUint32(offset + 12, fields.idLow, true);
  view.setUint32(offset + 16, fields.idHigh, true);
  view.setFloat32(offset + 20, fields.amount, true);
  view.setInt16(offset + 24, toFixed(fields.levelDifference), true);
  view.setInt16(offset + 26, toFixed(fields.levelZ), true);
  view.setInt16(offset + 28, toFixed(fields.categoryDifference), true);
  view.setInt16(offset + 30, toFixed(fields.categoryGapLog), true);
  view.setInt16(offset + 32, toFixed(fields.gapLog), true);
  view.setUint16(offset + 34, fields.authentication, true);
  view.setUint32(offset + 36, fields.merchantHash, true);
  view.setUint32(offset + 40, 0, true);
  view.setUint16(
    offset + 44,
    Math.max(0, Math.min(65535, Math.round(fields.burstRatio * BURST_SCALE))),
    true,
  );
  view.setUint16(offset + 46, 0, true);
}

/** Fixed-point field at byte `at` as a real number; NaN when missing. */
export function readFixed(view: DataView, at: number): number {
  const raw = view.getInt16(at, true);
  return raw === MISSING_FIXED ? Number.NaN : raw / FIXED_SCALE;
}

/** Event time in milliseconds. */
export function readTimeMs(view: DataView, offset: number): number {
  return view.getUint32(offset, true) * 1000 + view.getUint16(offset + 4, true);
}

/** Negative when the event at `offset` stands before `position`, 0 when it is that event, positive after. */
export function comparePosition(view: DataView, offset: number, position: EventPosition): number {
  const byTime = readTimeMs(view, offset) - position.timeMs;
  if (byTime !== 0) return byTime;
  const byHigh = view.getUint32(offset + 16, true) - position.idHigh;
  return byHigh !== 0 ? byHigh : view.getUint32(offset + 12, true) - position.idLow;
}

/** All fields of one packed event. */
export function readEvent(view: DataView, offset: number): EventFields {
  return {
    timeMs: readTimeMs(view, offset),
    type: view.getUint8(offset + 6),
    entryMode: view.getUint8(offset + 7),
    category: view.getUint8(offset + 8),
    country: view.getUint8(offset + 9),
    flags: view.getUint8(offset + 10),
    monthsPastDue: view.getUint8(offset + 11),
    idLow: view.getUint32(offset + 12, true),
    idHigh: view.getUint32(offset + 16, true),
    amount: view.getFloat32(offset + 20, true),
    levelDifference: readFixed(view, offset + 24),
    levelZ: readFixed(view, offset + 26),
    categoryDifference: readFixed(view, offset + 28),
    categoryGapLog: readFixed(view, offset + 30),
    gapLog: readFixed(view, offset + 32),
    authentication: view.getUint16(offset + 34, true),
    merchantHash: view.getUint32(offset + 36, true),
    burstRatio: view.getUint16(offset + 44, true) / BURST_SCALE,
  };
}

/** Label and the instant it became known (ms), as stored in the event. */
export function readLabel(view: DataView, offset: number): { label: number; knownAtMs: number } {
  const delayHours = view.getUint16(offset + 42, true);
  return { label: view.getUint8(offset + 40), knownAtMs: readTimeMs(view, offset) + delayHours * 3_600_000 };
}

/** Marks the label. The delay is rounded up to whole hours, so a label is never visible before it was known. */
export function writeLabel(view: DataView, offset: number, label: number, knownAtMs: number): void {
  const delayHours = Math.ceil(Math.max(0, knownAtMs - readTimeMs(view, offset)) / 3_600_000);
  view.setUint8(offset + 40, label);
  view.setUint16(offset + 42, Math.min(65535, delayHours), true);
}

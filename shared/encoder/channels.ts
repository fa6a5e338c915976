// shared/encoder/channels.ts: packed events → model inputs: channels, ids, mask and targets of a padded batch.
import { CATEGORY_COUNT, ENTRY_MODE_COUNT, TYPE_COUNT } from '../features/codes.ts';
import {
  AUTH_FLAGS,
  BURST_SCALE,
  EVENT_BYTES,
  EVENT_FLAGS,
  FIXED_SCALE,
  MISSING_FIXED,
  WINDOW,
} from '../sequence/packed-event.ts';
import { NO_TARGET, TARGET_COUNT, writeTargets } from './targets.ts';

/** The last events of a row (x included) whose surprise is read. */
export const SURPRISE_POSITIONS = 16;
/** Padded lengths. A row's bucket depends on its own event count alone, so its batch cannot change its result. */
export const LENGTH_BUCKETS = [20, 32, 48, 64] as const;
export const ID_COUNT = 3;

/** Channel of each numeric input, about unit scale. `…Missing` is 1 where its value is not known (and the value 0). */
export const CHANNELS = {
  start: 0, // 1 on the learned start event, where every other channel is 0
  amountLog: 1,
  amountSign: 2, // −1 for money that comes back: reversal, refund, repayment
  currencyUnknown: 3,
  levelDifference: 4,
  levelZ: 5,
  levelMissing: 6,
  categoryDifference: 7,
  categoryDifferenceMissing: 8,
  gap: 9,
  gapMissing: 10,
  categoryGap: 11,
  categoryGapMissing: 12,
  burst: 13,
  calendar: 14, // 8 channels: sin, cos of the hour, of twice the hour, of the weekday, of twice the weekday (UTC)
  sameMerchant: 22,
  merchantMissing: 23,
  sameCategory: 24,
  cardPresent: 25,
  cardPresentMissing: 26,
  homeCountry: 27,
  sameCountry: 28,
  countryMissing: 29,
  monthsPastDue: 30,
  monthsPastDueMissing: 31,
  authentication: 32, // 11 channels, one per bit of AUTH_FLAGS
} as const;
const AUTH_BITS = Object.keys(AUTH_FLAGS).length;
export const CHANNEL_COUNT = CHANNELS.authentication + AUTH_BITS;

const calendarNames = ['hour', 'hour-twice', 'weekday', 'weekday-twice'].flatMap((name) => [
  `${name}-sin`,
  `${name}-cos`,
]);
/** One name per channel. */
export const channelNames: readonly string[] = Object.keys(CHANNELS).flatMap((name) => {
  if (name === 'calendar') return calendarNames;
  return name === 'authentication' ? Object.keys(AUTH_FLAGS) : [name];
});

const MINUTES_PER_DAY = 24 * 60;
const DAYS_PER_WEEK = 7;
/** sin and cos of one and of two turns at each of `steps` points of a cycle: saves eight sines per event. */
const harmonics = (steps: number): Float32Array =>
  Float32Array.from({ length: steps * 4 }, (_, at) => {
    const angle = ((2 * Math.PI * Math.floor(at / 4)) / steps) * (at % 4 < 2 ? 1 : 2);
    return at % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
// Two small tables stay in the cache beside the encoder's weights; one by minute of the week did not.
const minuteHarmonics = harmonics(MINUTES_PER_DAY);
/** Day 0 is the epoch's Thursday. */
const weekdayHarmonics = harmonics(DAYS_PER_WEEK);

/** ln(1 + u16 / BURST_SCALE), looked up: the burst ratio is stored in 16 bits. */
const burstTable = Float32Array.from({ length: 65_536 }, (_, raw) => Math.log1p(raw / BURST_SCALE));
const isCredit = [false, false, false, false, true, true, false, true]; // by type index: reversal, refund, repayment

/** Gaps lie between ln 1 and about ln 10⁷: centred and scaled to about ±1.5. */
const scaleGap = (raw: number): number => (raw / FIXED_SCALE - 9) / 4;
const signedLog = (value: number): number => (value < 0 ? -Math.log1p(-value) : Math.log1p(value));

function writeLevels(view: DataView, offset: number, into: Float32Array, at: number): void {
  const level = view.getInt16(offset + 24, true);
  const levelZ = view.getInt16(offset + 26, true);
  if (level === MISSING_FIXED) into[at + CHANNELS.levelMissing] = 1;
  else into[at + CHANNELS.levelDifference] = level / FIXED_SCALE;
  if (levelZ !== MISSING_FIXED) into[at + CHANNELS.levelZ] = signedLog(levelZ / FIXED_SCALE);
  const byCategory = view.getInt16(offset + 28, true);
  if (byCategory === MISSING_FIXED) into[at + CHANNELS.categoryDifferenceMissing] = 1;
  else into[at + CHANNELS.categoryDifference] = byCategory / FIXED_SCALE;
}

function writeTimes(view: DataView, offset: number, into: Float32Array, at: number): void {
  const gap = view.getInt16(offset + 32, true);
  if (gap === MISSING_FIXED) into[at + CHANNELS.gapMissing] = 1;
  else into[at + CHANNELS.gap] = scaleGap(gap);
  const categoryGap = view.getInt16(offset + 30, true);
  if (categoryGap === MISSING_FIXED) into[at + CHANNELS.categoryGapMissing] = 1;
  else into[at + CHANNELS.categoryGap] = scaleGap(categoryGap);
  const minutes = Math.floor(view.getUint32(offset, true) / 60);
  const days = Math.floor(minutes / MINUTES_PER_DAY);
  const minute = (minutes - days * MINUTES_PER_DAY) * 4;
  const weekday = (days % DAYS_PER_WEEK) * 4;
  const to = at + CHANNELS.calendar;
  for (let column = 0; column < 4; column++) {
    into[to + column] = minuteHarmonics[minute + column] ?? 0;
    into[to + 4 + column] = weekdayHarmonics[weekday + column] ?? 0;
  }
}

function writeFlags(view: DataView, offset: number, into: Float32Array, at: number): void {
  const flags = view.getUint8(offset + 10);
  if ((flags & EVENT_FLAGS.currencyKnown) === 0) into[at + CHANNELS.currencyUnknown] = 1;
  if ((flags & EVENT_FLAGS.merchantKnown) === 0) into[at + CHANNELS.merchantMissing] = 1;
  else if ((flags & EVENT_FLAGS.sameMerchant) !== 0) into[at + CHANNELS.sameMerchant] = 1;
  if ((flags & EVENT_FLAGS.sameCategory) !== 0) into[at + CHANNELS.sameCategory] = 1;
  if ((flags & EVENT_FLAGS.cardPresentKnown) === 0) into[at + CHANNELS.cardPresentMissing] = 1;
  else if ((flags & EVENT_FLAGS.cardPresent) !== 0) into[at + CHANNELS.cardPresent] = 1;
  if (view.getUint8(offset + 9) === 0) into[at + CHANNELS.countryMissing] = 1;
  if ((flags & EVENT_FLAGS.homeCountry) !== 0) into[at + CHANNELS.homeCountry] = 1;
  if ((flags & EVENT_FLAGS.sameCountry) !== 0) into[at + CHANNELS.sameCountry] = 1;
  const bits = view.getUint16(offset + 34, true);
  if (bits === 0) return;
  for (let bit = 0; bit < AUTH_BITS; bit++) into[at + CHANNELS.authentication + bit] = (bits >> bit) & 1;
}

/** Writes the channels of the packed event at `offset`; `into` must be zero there. */
export function writeEventChannels(view: DataView, offset: number, into: Float32Array, at: number): void {
  into[at + CHANNELS.amountLog] = Math.log(view.getFloat32(offset + 20, true) + 0.01);
  into[at + CHANNELS.amountSign] = isCredit[view.getUint8(offset + 6)] ? -1 : 1;
  into[at + CHANNELS.burst] = burstTable[view.getUint16(offset + 44, true)] ?? 0;
  const pastDue = view.getUint8(offset + 11);
  if (pastDue === 0) into[at + CHANNELS.monthsPastDueMissing] = 1;
  else into[at + CHANNELS.monthsPastDue] = Math.log(pastDue);
  writeLevels(view, offset, into, at);
  writeTimes(view, offset, into, at);
  writeFlags(view, offset, into, at);
}

/** Inputs of the encoder for `rows` rows padded to `length` positions (T). All zero except targets, which are NO_TARGET. */
export interface EncoderInputs {
  readonly rows: number;
  readonly length: number;
  readonly channels: Float32Array; // (B, T, CHANNEL_COUNT)
  readonly ids: Int32Array; // (B, T, ID_COUNT): type, category, entry mode
  readonly mask: Float32Array; // (B, T): 1 = start event or real event
  readonly targets: Int32Array; // (B, SURPRISE_POSITIONS, TARGET_COUNT)
}

/** Fresh inputs; `clearInputs` makes used ones fresh again. */
export function createInputs(rows: number, length: number): EncoderInputs {
  return {
    rows,
    length,
    channels: new Float32Array(rows * length * CHANNEL_COUNT),
    ids: new Int32Array(rows * length * ID_COUNT),
    mask: new Float32Array(rows * length),
    targets: new Int32Array(rows * SURPRISE_POSITIONS * TARGET_COUNT).fill(NO_TARGET),
  };
}

export function clearInputs(inputs: EncoderInputs): void {
  inputs.channels.fill(0);
  inputs.ids.fill(0);
  inputs.mask.fill(0);
  inputs.targets.fill(NO_TARGET);
}

/** Padded length of a row of `eventCount` events; a window that is not full has one more position, its start event. */
export function paddedLengthOf(eventCount: number): number {
  const positions = Math.min(eventCount + 1, WINDOW);
  return LENGTH_BUCKETS.find((length) => length >= positions) ?? WINDOW;
}

/**
 * Writes one context right-aligned into row `row`: padding, start event (when the window is not full), events, x last.
 * Only the last WINDOW events of `events` are used.
 */
export function writeChannels(
  context: { readonly events: Uint8Array; readonly eventCount: number },
  inputs: EncoderInputs,
  row: number,
): void {
  const { events } = context;
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const count = Math.min(context.eventCount, WINDOW);
  const firstByte = (context.eventCount - count) * EVENT_BYTES;
  const firstPosition = row * inputs.length + inputs.length - count;
  if (count < WINDOW) {
    inputs.channels[(firstPosition - 1) * CHANNEL_COUNT + CHANNELS.start] = 1;
    inputs.mask[firstPosition - 1] = 1;
  }
  for (let at = 0; at < count; at++) {
    writePosition(view, firstByte + at * EVENT_BYTES, inputs, firstPosition + at);
  }
  for (let back = 1; back <= Math.min(count, SURPRISE_POSITIONS); back++) {
    const target = ((row + 1) * SURPRISE_POSITIONS - back) * TARGET_COUNT;
    writeTargets(view, firstByte + (count - back) * EVENT_BYTES, inputs.targets, target);
  }
}

/** Writes channels, ids and mask of one event at a position counted over the whole batch. */
export function writePosition(view: DataView, offset: number, inputs: EncoderInputs, position: number): void {
  writeEventChannels(view, offset, inputs.channels, position * CHANNEL_COUNT);
  inputs.ids[position * ID_COUNT] = view.getUint8(offset + 6);
  inputs.ids[position * ID_COUNT + 1] = view.getUint8(offset + 8);
  inputs.ids[position * ID_COUNT + 2] = view.getUint8(offset + 7);
  inputs.mask[position] = 1;
}

/** Inputs of the head that describe x itself: its channels, then type, category and entry mode as one-hot. */
export const CURRENT_EVENT_COUNT = CHANNEL_COUNT + TYPE_COUNT + CATEGORY_COUNT + ENTRY_MODE_COUNT;
export const currentEventNames: readonly string[] = [
  ...channelNames,
  ...Array.from({ length: TYPE_COUNT }, (_, index) => `type-${index}`),
  ...Array.from({ length: CATEGORY_COUNT }, (_, index) => `category-${index}`),
  ...Array.from({ length: ENTRY_MODE_COUNT }, (_, index) => `entry-mode-${index}`),
];

/** Writes the CURRENT_EVENT_COUNT inputs of the packed event at `offset` of `events`; `into` must be zero there. */
export function writeCurrentEvent(events: Uint8Array, offset: number, into: Float32Array, at: number): void {
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  writeEventChannels(view, offset, into, at);
  const oneHot = at + CHANNEL_COUNT;
  into[oneHot + view.getUint8(offset + 6)] = 1;
  into[oneHot + TYPE_COUNT + view.getUint8(offset + 8)] = 1;
  into[oneHot + TYPE_COUNT + CATEGORY_COUNT + view.getUint8(offset + 7)] = 1;
}

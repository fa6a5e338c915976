// shared/simulation/rhythm.ts: when people pay: weekly intensity per way of living, seasons, and the walk from one payment to the next.

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const HOURS_PER_WEEK = 168;
/** 1969-12-29 was a Monday: weeks are counted from there. */
const FIRST_MONDAY_MS = -3 * DAY_MS;

/** Sum of bell-shaped bumps over the hours of a day, plus a base. Each bump: [centre hour, width in hours, height]. */
function hoursOf(base: number, bumps: readonly (readonly [number, number, number])[]): number[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const heights = bumps.map(([centre, width, height]) => {
      const distance = Math.min(Math.abs(hour - centre), 24 - Math.abs(hour - centre));
      return height * Math.exp(-0.5 * (distance / width) ** 2);
    });
    return base + heights.reduce((sum, height) => sum + height, 0);
  });
}

/** Hours at which a kind of merchant is used, 0 … 1; a category's payments are thinned by it. */
export const hourProfiles = {
  any: hoursOf(1, []),
  shop: hoursOf(0.02, [
    [11, 2.2, 0.8],
    [17, 2.4, 1],
  ]),
  morning: hoursOf(0.02, [
    [8, 1.6, 1],
    [13, 2.5, 0.5],
  ]),
  meal: hoursOf(0.04, [
    [12.5, 1.2, 0.8],
    [19.5, 1.8, 1],
  ]),
  evening: hoursOf(0.05, [
    [21, 2.4, 1],
    [0.5, 1.8, 0.6],
  ]),
  commute: hoursOf(0.08, [
    [7.8, 1.2, 1],
    [17.5, 1.6, 0.9],
  ]),
  office: hoursOf(0.01, [
    [10.5, 2, 1],
    [15, 1.8, 0.9],
  ]),
  online: hoursOf(0.22, [
    [13, 3, 0.5],
    [20.5, 2.4, 0.8],
  ]),
  night: hoursOf(0.3, [
    [22.5, 2.5, 0.7],
    [1.5, 1.5, 0.5],
  ]),
} as const;
export type HourProfile = keyof typeof hourProfiles;

/** Ways of living: how a person's payments spread over a weekday and over a day off. */
const waysOfLiving: readonly { workday: number[]; dayOff: number[]; dayOffShare: number }[] = [
  {
    workday: hoursOf(0.06, [
      [8, 1, 0.8],
      [12.5, 1, 1],
      [18, 2, 1.4],
    ]),
    dayOff: hoursOf(0.06, [
      [12, 2.5, 1],
      [18, 2.5, 0.9],
    ]),
    dayOffShare: 1.2,
  },
  {
    workday: hoursOf(0.03, [
      [10.5, 2, 1.4],
      [15.5, 2, 0.8],
    ]),
    dayOff: hoursOf(0.03, [
      [11, 2.2, 1],
      [16, 2, 0.5],
    ]),
    dayOffShare: 0.8,
  },
  {
    workday: hoursOf(0.12, [
      [13, 2.5, 0.7],
      [21.5, 2.4, 1.2],
      [0.5, 2, 0.7],
    ]),
    dayOff: hoursOf(0.15, [
      [15, 2.5, 0.8],
      [22, 2.5, 1.1],
      [1, 2, 0.9],
    ]),
    dayOffShare: 1.3,
  },
  {
    workday: hoursOf(0.15, [
      [6, 1.2, 0.8],
      [15, 1.5, 1],
      [23, 1.6, 0.7],
    ]),
    dayOff: hoursOf(0.1, [[13, 3, 1]]),
    dayOffShare: 1,
  },
  {
    workday: hoursOf(0.05, [
      [9.5, 1.6, 1],
      [15, 1.6, 1],
      [20.5, 1.2, 0.8],
    ]),
    dayOff: hoursOf(0.05, [
      [11, 2, 1.2],
      [17, 2, 1],
    ]),
    dayOffShare: 1.4,
  },
  {
    workday: hoursOf(0.06, [
      [7, 1, 0.6],
      [20, 2, 1.6],
    ]),
    dayOff: hoursOf(0.06, [
      [13, 3, 1],
      [20, 2, 1],
    ]),
    dayOffShare: 1.7,
  },
];
export const RHYTHM_COUNT = waysOfLiving.length;

/** Cumulative intensity over the 168 hours of a week, Monday 0 h first; 1 at the end. */
function toCumulative(way: (typeof waysOfLiving)[number]): Float64Array {
  const cumulative = new Float64Array(HOURS_PER_WEEK + 1);
  for (let hour = 0; hour < HOURS_PER_WEEK; hour += 1) {
    const isDayOff = hour >= 120;
    const hours = isDayOff ? way.dayOff : way.workday;
    const sum = hours.reduce((total, weight) => total + weight, 0);
    const weight = ((hours[hour % 24] as number) / sum) * (isDayOff ? way.dayOffShare : 1);
    cumulative[hour + 1] = (cumulative[hour] as number) + weight;
  }
  return cumulative.map((value) => value / (cumulative[HOURS_PER_WEEK] as number));
}

const cumulatives = waysOfLiving.map(toCumulative);

function hourAt(cumulative: Float64Array, share: number): number {
  let low = 0;
  let high = HOURS_PER_WEEK;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] as number) <= share) low = middle;
    else high = middle;
  }
  const from = cumulative[low] as number;
  const width = (cumulative[high] as number) - from;
  return low + (width > 0 ? (share - from) / width : 0);
}

/**
 * Walks `weeks` of a way of living onward: hours in which people sleep are crossed quickly, busy ones slowly.
 * @param localMs local time of the person (ms); the result is local time too
 */
export function walkRhythm(rhythm: number, localMs: number, weeks: number): number {
  const cumulative = cumulatives[rhythm] as Float64Array;
  const sinceMonday = localMs - FIRST_MONDAY_MS;
  const week = Math.floor(sinceMonday / WEEK_MS);
  const hours = (sinceMonday - week * WEEK_MS) / HOUR_MS;
  const hour = Math.min(HOURS_PER_WEEK - 1, Math.floor(hours));
  const from = cumulative[hour] as number;
  const share = from + ((cumulative[hour + 1] as number) - from) * (hours - hour) + weeks;
  const wholeWeeks = Math.floor(share);
  return FIRST_MONDAY_MS + (week + wholeWeeks) * WEEK_MS + hourAt(cumulative, share - wholeWeeks) * HOUR_MS;
}

/** Hour of day 0 … 23 of a local time. */
export function hourOf(localMs: number): number {
  return Math.floor(localMs / HOUR_MS) % 24;
}

/** Month 0 … 11 and day of month 1 … 31, good enough for seasons: computed once a day by its callers. */
export function dateOf(timeMs: number): { year: number; month: number; day: number } {
  const date = new Date(timeMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** How much more is spent on this day than on an ordinary one, holidays and sales included. `strength` 0 … 1. */
export function seasonOf(timeMs: number, strength: number): number {
  const { month, day } = dateOf(timeMs);
  const isGiftSeason = (month === 10 && day >= 20) || (month === 11 && day <= 24);
  const isSummer = month === 6 || month === 7;
  const isQuiet = month === 0 || (month === 1 && day < 15);
  return 1 + strength * (isGiftSeason ? 0.7 : isSummer ? 0.15 : isQuiet ? -0.2 : 0);
}

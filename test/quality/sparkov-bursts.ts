// test/quality/sparkov-bursts.ts: burst features made by hand for the rival, by somebody who knows how this portfolio's fraud looks: counts of large amounts and means of amounts.
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { EVENT_BYTES, readTimeMs } from '../../shared/sequence/packed-event.ts';

const HOUR_MS = 3_600_000;
const windowHours = [6, 24, 48, 96] as const;
const lastEvents = [3, 5, 10] as const;

/** Of the window up to the transaction, itself included. Amounts are ln(amount over the currency's median). */
export const burstNames: readonly string[] = [
  ...windowHours.flatMap((hours) => [
    `count-above-q95-${hours}h`,
    `count-above-q99-${hours}h`,
    `mean-amount-${hours}h`,
    `largest-amount-${hours}h`,
  ]),
  ...lastEvents.map((count) => `mean-amount-last-${count}`),
];

/** Burst features of the last event of a window. */
export function measureBursts(
  events: Uint8Array,
  count: number,
  { amount: { quantile95, quantile99 } }: PopulationReference,
): Float32Array {
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const ownMs = readTimeMs(view, (count - 1) * EVENT_BYTES);
  const amounts = Float64Array.from({ length: count }, (_, back) =>
    Math.log(view.getFloat32((count - 1 - back) * EVENT_BYTES + 20, true) + 1e-3),
  );
  const meanOf = (values: Float64Array) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const measured = windowHours.flatMap((hours) => {
    const isWithin = (_: number, back: number) =>
      ownMs - readTimeMs(view, (count - 1 - back) * EVENT_BYTES) <= hours * HOUR_MS;
    const within = amounts.filter(isWithin);
    return [
      within.filter((value) => value > quantile95).length,
      within.filter((value) => value > quantile99).length,
      meanOf(within),
      within.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    ];
  });
  return Float32Array.from([...measured, ...lastEvents.map((last) => meanOf(amounts.subarray(0, last)))]);
}

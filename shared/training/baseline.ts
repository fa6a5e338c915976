// shared/training/baseline.ts: what a forecaster without history would lose: it knows only how often each value occurs.

import { GAP_BINS, TARGET_COUNT, TARGETS } from '../encoder/targets.ts';
import { CATEGORY_COUNT, ENTRY_MODE_COUNT } from '../features/codes.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../features/population-reference.ts';
import { type TaskName, taskNames } from './next-event.ts';
import type { PackedStream } from './packed-stream.ts';
import { createWindowBatch, drawWindows, type SamplingSettings } from './window-sampler.ts';

const binsOf: Record<keyof typeof TARGETS, number> = {
  gap: GAP_BINS,
  hour: HOUR_BINS,
  category: CATEGORY_COUNT,
  amount: AMOUNT_BINS,
  entryMode: ENTRY_MODE_COUNT,
  sameMerchant: 2,
};

const targetOf: Record<TaskName, keyof typeof TARGETS> = {
  gap: 'gap',
  hour: 'hour',
  'hour-given-gap': 'hour',
  category: 'category',
  amount: 'amount',
  'amount-given-category': 'amount',
  'amount-given-category-and-hour': 'amount',
  'entry-mode': 'entryMode',
  'same-merchant': 'sameMerchant',
};

const BATCHES = 12;

function count(stream: PackedStream, sampling: SamplingSettings) {
  const fields = Object.keys(TARGETS) as (keyof typeof TARGETS)[];
  const counts = new Map(fields.map((field) => [field, new Float64Array(binsOf[field])]));
  const batch = createWindowBatch(sampling);
  let positions = 0;
  for (let step = 0; step < BATCHES; step++) {
    drawWindows(stream, { ...sampling, windowDropout: 0, eventDropout: 0 }, step, batch);
    positions += batch.targetPositions;
    for (let at = 0; at < batch.nextEvents.length; at += TARGET_COUNT) {
      for (const [field, bins] of counts) {
        const bin = batch.nextEvents[at + TARGETS[field]] ?? -1;
        if (bin >= 0) bins[bin] = (bins[bin] ?? 0) + 1;
      }
    }
  }
  return { counts, positions };
}

/** Mean loss per next event (nats) on `heldOut` of the frequencies in `training`, for each task without its conditions. */
export function measureBaseline(
  training: PackedStream,
  heldOut: PackedStream,
  sampling: SamplingSettings,
): Record<TaskName, number> {
  const known = count(training, sampling);
  const seen = count(heldOut, sampling);
  const lossOf = (task: TaskName): number => {
    const frequencies = known.counts.get(targetOf[task]) ?? new Float64Array();
    const total = frequencies.reduce((sum, each) => sum + each + 0.5, 0);
    const occurrences = seen.counts.get(targetOf[task]) ?? new Float64Array();
    let loss = 0;
    occurrences.forEach((times, bin) => {
      if (times > 0) loss -= times * Math.log(((frequencies[bin] ?? 0) + 0.5) / total);
    });
    return loss / Math.max(1, seen.positions);
  };
  return Object.fromEntries(taskNames.map((task) => [task, lossOf(task)])) as Record<TaskName, number>;
}

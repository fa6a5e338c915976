// test/shared/encoder/targets.test.ts: bins of what is forecast, and fields made missing.
import { expect, test } from 'vitest';
import { surpriseFields } from '../../../shared/domain/decision.ts';
import {
  dropField,
  droppableFields,
  GAP_BINS,
  gapBinOf,
  NO_TARGET,
  TARGET_COUNT,
  TARGETS,
  writeTargets,
} from '../../../shared/encoder/targets.ts';
import { amountBinOf } from '../../../shared/features/population-reference.ts';
import { EVENT_BYTES, readEvent } from '../../../shared/sequence/packed-event.ts';
import { sampleRows } from '../../support/encoder-rows.ts';

function secondEvent() {
  const [row] = sampleRows({ seed: 8, rows: 1, eventCount: 8 });
  const bytes = row?.events.slice() ?? new Uint8Array();
  const view = new DataView(bytes.buffer);
  view.setUint8(EVENT_BYTES + 7, 3); // entry mode
  view.setUint8(EVENT_BYTES + 8, 4); // category
  view.setUint8(EVENT_BYTES + 10, 0xff);
  return view;
}

function targetsOf(view: DataView): number[] {
  const targets = new Int32Array(TARGET_COUNT);
  writeTargets(view, EVENT_BYTES, targets, 0);
  return [...targets];
}

test('targets stand in the order of the surprise fields', () => {
  expect(Object.keys(TARGETS)).toEqual([...surpriseFields]);
});

test('gaps of a second and of a year lie in the open end bins, and longer gaps never in lower bins', () => {
  expect(gapBinOf(Math.log1p(1))).toBe(0);
  expect(gapBinOf(Math.log1p(365 * 86_400))).toBe(GAP_BINS - 1);
  const bins = Array.from({ length: 400 }, (_, step) => gapBinOf(step / 20));
  expect(bins).toEqual([...bins].sort((left, right) => left - right));
  expect(new Set(bins).size).toBe(GAP_BINS);
});

test('an event that has all fields has all targets', () => {
  const view = secondEvent();
  const event = readEvent(view, EVENT_BYTES);
  expect(targetsOf(view)).toEqual([
    gapBinOf(event.gapLog),
    new Date(event.timeMs).getUTCHours(),
    4,
    amountBinOf(event.amount),
    3,
    1,
  ]);
});

test('a dropped field is no target, and dropping it twice changes nothing', () => {
  const expected: Partial<Record<string, keyof typeof TARGETS>> = {
    category: 'category',
    merchant: 'sameMerchant',
    entryMode: 'entryMode',
  };
  for (const field of droppableFields) {
    const view = secondEvent();
    const before = targetsOf(view);
    dropField(view, EVENT_BYTES, field);
    const dropped = targetsOf(view);
    const target = expected[field];
    expect(dropped).toEqual(before.map((each, at) => (target && at === TARGETS[target] ? NO_TARGET : each)));
    const once = new Uint8Array(view.buffer).slice();
    dropField(view, EVENT_BYTES, field);
    expect(new Uint8Array(view.buffer)).toEqual(once);
  }
});

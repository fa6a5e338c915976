// test/shared/training/window-sampler.test.ts: windows cut from a packed stream: what stands where, and what each position forecasts.
import { describe, expect, test } from 'vitest';
import { createInputs, writeChannels } from '../../../shared/encoder/channels.ts';
import { NO_TARGET, TARGET_COUNT, TARGETS, writeTargets } from '../../../shared/encoder/targets.ts';
import { EVENT_BYTES } from '../../../shared/sequence/packed-event.ts';
import { createPackedStreamBuilder } from '../../../shared/training/packed-stream.ts';
import { createWindowBatch, drawWindows, type WindowBatch } from '../../../shared/training/window-sampler.ts';
import { sampleRows } from '../../support/encoder-rows.ts';

const plain = { seed: 5, rows: 8, length: 16, windowDropout: 0, eventDropout: 0 };

function streamOf(lengths: number[]) {
  const builder = createPackedStreamBuilder();
  const rows = lengths.map((eventCount, seed) => sampleRows({ seed: seed + 40, rows: 1, eventCount })[0]);
  const longest = Math.max(...lengths);
  // Cards take turns, as in a stream.
  for (let at = 0; at < longest; at++) {
    rows.forEach((row, card) => {
      if (row && at < row.eventCount) {
        builder.add(`card-${card}`, row.events.subarray(at * EVENT_BYTES, (at + 1) * EVENT_BYTES));
      }
    });
  }
  return { stream: builder.build(), rows };
}

function draw(stream: Parameters<typeof drawWindows>[0], settings = plain, step = 0): WindowBatch {
  const batch = createWindowBatch(settings);
  drawWindows(stream, settings, step, batch);
  return batch;
}

test('a packed stream keeps each card together and in order', () => {
  const { stream, rows } = streamOf([5, 20, 1]);
  expect([...stream.firstEvent]).toEqual([0, 5, 25, 26]);
  expect(stream.events.subarray(5 * EVENT_BYTES, 25 * EVENT_BYTES)).toEqual(rows[1]?.events);
});

describe('windows', () => {
  test('of a short card are its whole history after the start event, as scoring would write them', () => {
    const { stream, rows } = streamOf([6]);
    const { inputs, nextEvents, targetPositions } = draw(stream, { ...plain, rows: 1 });
    const scored = createInputs(1, 16);
    if (rows[0]) writeChannels(rows[0], scored, 0);
    expect(inputs.channels).toEqual(scored.channels);
    expect(inputs.ids).toEqual(scored.ids);
    expect(inputs.mask).toEqual(scored.mask);
    expect(targetPositions).toBe(6);
    expect(nextEvents.subarray(15 * TARGET_COUNT).every((each) => each === NO_TARGET)).toBe(true);
  });

  test('forecast at each position the event that follows, the first from the start event', () => {
    const { stream, rows } = streamOf([6]);
    const { nextEvents } = draw(stream, { ...plain, rows: 1 });
    const events = rows[0]?.events ?? new Uint8Array();
    const view = new DataView(events.buffer, events.byteOffset);
    for (let event = 0; event < 6; event++) {
      const expected = new Int32Array(TARGET_COUNT);
      writeTargets(view, event * EVENT_BYTES, expected, 0);
      const position = 9 + event; // start event at 9, first event at 10
      expect(nextEvents.subarray(position * TARGET_COUNT, (position + 1) * TARGET_COUNT)).toEqual(expected);
    }
  });

  test('of a long card are full and forecast the event after their last, where there is one', () => {
    const { stream } = streamOf([200]);
    const batch = draw(stream, { ...plain, rows: 40 });
    const lastHour = (row: number) =>
      batch.nextEvents[((row + 1) * 16 - 1) * TARGET_COUNT + TARGETS.hour] ?? NO_TARGET;
    const isFull = (row: number) =>
      batch.inputs.mask.subarray(row * 16, (row + 1) * 16).every((each) => each === 1);
    const all = Array.from({ length: 40 }, (_, row) => row);
    expect(all.every(isFull)).toBe(true);
    expect(all.filter((row) => lastHour(row) !== NO_TARGET).length).toBeGreaterThan(30);
  });

  test('are the same for the same seed and step, whatever was drawn before, and others for another step', () => {
    const { stream } = streamOf([40, 50, 60]);
    const reused = createWindowBatch(plain);
    drawWindows(stream, plain, 3, reused);
    drawWindows(stream, plain, 7, reused);
    expect(reused).toEqual(draw(stream, plain, 7));
    expect(reused).not.toEqual(draw(stream, plain, 8));
  });

  test('lack fields as often as asked, whole windows of them or single events', () => {
    const { stream } = streamOf([300, 300]);
    const share = (settings: typeof plain) => {
      const { inputs, nextEvents } = draw(stream, { ...settings, rows: 200 });
      const real = inputs.mask.filter((each) => each === 1).length;
      const missing = inputs.ids.filter((id, at) => at % 3 === 1 && id === 0).length;
      const targets = nextEvents.filter(
        (each, at) => at % TARGET_COUNT === TARGETS.category && each === NO_TARGET,
      );
      return { missing: missing / real, targets: targets.length / real };
    };
    const [whole, dropped, thinned] = [
      share(plain),
      share({ ...plain, windowDropout: 0.4 }),
      share({ ...plain, eventDropout: 0.4 }),
    ];
    for (const more of [dropped, thinned]) {
      expect(more.missing - whole.missing).toBeGreaterThan(0.3);
      expect(more.missing - whole.missing).toBeLessThan(0.5);
      expect(more.targets).toBeGreaterThan(whole.targets + 0.3);
    }
  });
});

// shared/training/window-sampler.ts: draws training windows from a packed stream: inputs, and for each position the next event as targets.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import {
  CHANNEL_COUNT,
  CHANNELS,
  clearInputs,
  createInputs,
  type EncoderInputs,
  writePosition,
} from '../encoder/channels.ts';
import { dropField, droppableFields, NO_TARGET, TARGET_COUNT, writeTargets } from '../encoder/targets.ts';
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import type { PackedStream } from './packed-stream.ts';

/** A batch of windows. `nextEvents[b, t]` are the bins of the event that follows position t; NO_TARGET where there is none. */
export interface WindowBatch {
  readonly inputs: EncoderInputs;
  readonly nextEvents: Int32Array; // (B, T, TARGET_COUNT)
  /** Positions that have a next event. */
  targetPositions: number;
}

export interface SamplingSettings {
  readonly seed: number;
  readonly rows: number;
  readonly length: number;
  /** Probability that a window lacks a given field altogether, as a portfolio might. */
  readonly windowDropout: number;
  /** Probability that single events of a window lack a field. */
  readonly eventDropout: number;
}

/** Buffers to draw into, over and over. */
export function createWindowBatch({ rows, length }: Pick<SamplingSettings, 'rows' | 'length'>): WindowBatch {
  return {
    inputs: createInputs(rows, length),
    nextEvents: new Int32Array(rows * length * TARGET_COUNT),
    targetPositions: 0,
  };
}

/** Card that owns event `index`, by bisection. */
function cardOf({ firstEvent, cardCount }: PackedStream, index: number): number {
  let low = 0;
  let high = cardCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((firstEvent[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** First and last + 1 event of a window, and whether the start event stands before them. */
function drawWindow(stream: PackedStream, length: number, generator: RandomGenerator) {
  const index = uniformInt(generator, 0, stream.eventCount - 1);
  const card = cardOf(stream, index);
  const cardFrom = stream.firstEvent[card] ?? 0;
  const cardTo = stream.firstEvent[card + 1] ?? 0;
  const latest = Math.max(cardFrom, cardTo - length);
  const from = Math.min(latest, index - uniformInt(generator, 0, length - 1));
  const opens = from < cardFrom || cardTo - cardFrom < length;
  if (opens) return { from: cardFrom, to: Math.min(cardTo, cardFrom + length - 1), cardTo, opens };
  return { from, to: Math.min(cardTo, from + length), cardTo, opens };
}

/** Events passed over before the next one that is drawn with this probability. */
function skip(probability: number, generator: RandomGenerator): number {
  if (probability <= 0) return Number.POSITIVE_INFINITY;
  return Math.floor(Math.log(1 - uniformFloat64(generator)) / Math.log(1 - probability));
}

function dropFields(window: DataView, count: number, settings: SamplingSettings, generator: RandomGenerator) {
  for (const field of droppableFields) {
    const isAbsent = uniformFloat64(generator) < settings.windowDropout;
    let at = isAbsent ? 0 : skip(settings.eventDropout, generator);
    while (at < count) {
      dropField(window, at * EVENT_BYTES, field);
      at += 1 + (isAbsent ? 0 : skip(settings.eventDropout, generator));
    }
  }
}

/** Draws step `step`'s batch into `batch`. The same seed and step give the same windows, whatever was drawn before. */
export function drawWindows(
  stream: PackedStream,
  settings: SamplingSettings,
  step: number,
  batch: WindowBatch,
): void {
  const { inputs, nextEvents } = batch;
  const { length } = settings;
  const generator = xoroshiro128plus((settings.seed ^ Math.imul(step + 1, 0x9e3779b1)) | 0);
  const copy = new Uint8Array((length + 1) * EVENT_BYTES);
  const view = new DataView(copy.buffer);
  clearInputs(inputs);
  nextEvents.fill(NO_TARGET);
  batch.targetPositions = 0;
  for (let row = 0; row < settings.rows; row++) {
    const { from, to, cardTo, opens } = drawWindow(stream, length, generator);
    const count = to - from;
    const copied = Math.min(count + 1, cardTo - from); // the event after the window is a target too
    copy.set(stream.events.subarray(from * EVENT_BYTES, (from + copied) * EVENT_BYTES));
    dropFields(view, copied, settings, generator);
    const position = (row + 1) * length - count;
    if (opens) {
      inputs.channels[(position - 1) * CHANNEL_COUNT + CHANNELS.start] = 1;
      inputs.mask[position - 1] = 1;
    }
    for (let at = 0; at < count; at++) writePosition(view, at * EVENT_BYTES, inputs, position + at);
    for (let at = opens ? 0 : 1; at < copied; at++) {
      writeTargets(view, at * EVENT_BYTES, nextEvents, (position + at - 1) * TARGET_COUNT);
      batch.targetPositions++;
    }
  }
}

// shared/training/split-stream.ts: a packed stream in two: cards to learn from, and a few whose events only tell losses.
import { EVENT_BYTES } from '../sequence/packed-event.ts';
import { createPackedStreamBuilder, type PackedStream } from './packed-stream.ts';

/** One card in so many is held out. */
const HELD_OUT_EVERY = 20;

export function splitStream({ events, firstEvent, cardCount }: PackedStream): {
  readonly training: PackedStream;
  readonly heldOut: PackedStream;
} {
  const [training, heldOut] = [createPackedStreamBuilder(), createPackedStreamBuilder()];
  for (let card = 0; card < cardCount; card++) {
    const builder = card % HELD_OUT_EVERY === HELD_OUT_EVERY - 1 ? heldOut : training;
    for (let at = firstEvent[card] ?? 0; at < (firstEvent[card + 1] ?? 0); at++)
      builder.add(String(card), events.subarray(at * EVENT_BYTES, (at + 1) * EVENT_BYTES));
  }
  return { training: training.build(), heldOut: heldOut.build() };
}

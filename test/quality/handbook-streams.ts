// test/quality/handbook-streams.ts: the Handbook's unlabelled events before an instant, some cards held out: what an encoder adapts to.
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { createPackedStreamBuilder, type PackedStream } from '../../shared/training/packed-stream.ts';
import type { HandbookData } from './handbook-data.ts';

const HELD_OUT_EVERY = 20;

/** Events before `untilMs`, card by card. */
export function streamBefore(
  { stream }: HandbookData,
  untilMs: number,
): { readonly training: PackedStream; readonly heldOut: PackedStream } {
  const [training, heldOut] = [createPackedStreamBuilder(), createPackedStreamBuilder()];
  const view = new DataView(stream.events.buffer, stream.events.byteOffset, stream.events.byteLength);
  for (let card = 0; card < stream.cardCount; card++) {
    const builder = card % HELD_OUT_EVERY === HELD_OUT_EVERY - 1 ? heldOut : training;
    const to = (stream.firstEvent[card + 1] ?? 0) * EVENT_BYTES;
    for (let at = (stream.firstEvent[card] ?? 0) * EVENT_BYTES; at < to; at += EVENT_BYTES) {
      if (view.getUint32(at, true) * 1000 < untilMs)
        builder.add(String(card), stream.events.subarray(at, at + EVENT_BYTES));
    }
  }
  return { training: training.build(), heldOut: heldOut.build() };
}

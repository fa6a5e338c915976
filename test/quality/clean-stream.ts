// test/quality/clean-stream.ts: an unlabelled stream without the spells that an encoder itself finds rare: label-free cleaning before pretraining again.

import { featureNames } from '../../shared/features/velocity.ts';
import { listStatistics, readStatistic } from '../../shared/head/statistics.ts';
import { EVENT_BYTES } from '../../shared/sequence/packed-event.ts';
import { createPackedStreamBuilder, type PackedStream } from '../../shared/training/packed-stream.ts';
import { openEncoder } from './open-encoder.ts';
import type { PreparedEncoder } from './sparkov-encoders.ts';

const CHUNK_ROWS = 1024;
const DAY_SECONDS = 86_400;
/** What finds spells that recur, and what finds those that hardly ever occur: the rarer of the two counts. */
const SIGNALS = ['forecast-log-p-above-q95', 'surprise-mean-amount'] as const;
const NO_FEATURES = new Float32Array(featureNames.length);

/** Values of both signals for every event of the stream. */
async function readSignals(
  { events, firstEvent, cardCount, eventCount }: PackedStream,
  { config, weights, reference }: PreparedEncoder,
): Promise<Float32Array[]> {
  const statistics = listStatistics(config);
  const wanted = SIGNALS.map((name) => statistics.find((statistic) => statistic.name === name));
  const values = SIGNALS.map(() => new Float32Array(eventCount));
  const starts = new Uint32Array(eventCount);
  for (let card = 0; card < cardCount; card++) {
    const first = firstEvent[card] ?? 0;
    for (let at = first; at < (firstEvent[card + 1] ?? 0); at++)
      starts[at] = Math.max(first, at + 1 - config.window);
  }
  const encoder = await openEncoder(config, weights, reference);
  try {
    for (let start = 0; start < eventCount; start += CHUNK_ROWS) {
      const length = Math.min(CHUNK_ROWS, eventCount - start);
      const contexts = Array.from({ length }, (_, index) => {
        const from = starts[start + index] ?? 0;
        const to = start + index + 1;
        return {
          portfolioId: 'sparkov',
          events: events.slice(from * EVENT_BYTES, to * EVENT_BYTES),
          eventCount: to - from,
          features: new Float32Array(0),
        };
      });
      const encoded = await encoder.encodeMany(contexts);
      encoded.forEach(({ readings }, index) => {
        wanted.forEach((statistic, signal) => {
          const column = values[signal];
          if (statistic && column)
            column[start + index] = readStatistic(statistic, { readings, features: NO_FEATURES });
        });
      });
    }
  } finally {
    await encoder.close();
  }
  return values;
}

/** The value that `share` of all exceed. */
function quantileAbove(values: Float32Array, share: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.floor((1 - share) * (sorted.length - 1))] ?? Number.POSITIVE_INFINITY;
}

/** True for what lies within a day of a rare event; both in order of time. */
function createNearness(rare: readonly number[]): (seconds: number) => boolean {
  let next = 0;
  return (seconds) => {
    while (next < rare.length && (rare[next] ?? 0) < seconds - DAY_SECONDS) next++;
    return next < rare.length && (rare[next] ?? 0) <= seconds + DAY_SECONDS;
  };
}

export interface Cleaned {
  readonly stream: PackedStream;
  readonly dropped: number;
}

/**
 * Drops what is in the top `share` by either signal, and everything of the same card within a day of it: a spell begins before it
 * shows. No label is looked at.
 */
export async function cleanStream(
  stream: PackedStream,
  encoder: PreparedEncoder,
  share: number,
): Promise<Cleaned> {
  const signals = await readSignals(stream, encoder);
  const bounds = signals.map((values) => quantileAbove(values, share));
  const { events, firstEvent, cardCount } = stream;
  const view = new DataView(events.buffer, events.byteOffset, events.byteLength);
  const secondsOf = (at: number) => view.getUint32(at * EVENT_BYTES, true);
  const isRare = (at: number) =>
    signals.some((values, index) => (values[at] ?? 0) > (bounds[index] ?? Number.POSITIVE_INFINITY));
  const builder = createPackedStreamBuilder();
  for (let card = 0; card < cardCount; card++) {
    const first = firstEvent[card] ?? 0;
    const numbers = Array.from({ length: (firstEvent[card + 1] ?? 0) - first }, (_, index) => first + index);
    const isNear = createNearness(numbers.filter(isRare).map(secondsOf));
    for (const at of numbers) {
      if (!isNear(secondsOf(at)))
        builder.add(String(card), events.subarray(at * EVENT_BYTES, (at + 1) * EVENT_BYTES));
    }
  }
  return { stream: builder.build(), dropped: stream.eventCount - builder.eventCount };
}

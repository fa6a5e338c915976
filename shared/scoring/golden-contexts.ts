// shared/scoring/golden-contexts.ts: invented contexts of every padded length: what an encoder is asked when a version is made, and again before it serves. No cardholder's.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { LENGTH_BUCKETS } from '../encoder/channels.ts';
import type { EncoderRow } from '../encoder/encoder.ts';
import { CATEGORY_COUNT, ENTRY_MODE_COUNT } from '../features/codes.ts';
import { featureNames } from '../features/velocity.ts';
import { EVENT_BYTES, EVENT_FLAGS, writeEvent } from '../sequence/packed-event.ts';

type Generator = ReturnType<typeof xoroshiro128plus>;

const SEED = 2026;
const FIRST_TIME_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
/** Events of a card that are too few for its own level: fields of it are missing. */
const WITHOUT_LEVEL = 3;

function inventEvents(generator: Generator, eventCount: number): Uint8Array {
  const bytes = new Uint8Array(eventCount * EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  const draw = (spread: number) => (uniformFloat64(generator) - 0.5) * spread;
  let timeMs = FIRST_TIME_MS;
  for (let at = 0; at < eventCount; at++) {
    const gapMs = uniformInt(generator, 1, 80 * HOUR_MS);
    timeMs += gapMs;
    const hasLevel = at >= WITHOUT_LEVEL;
    writeEvent(view, at * EVENT_BYTES, {
      timeMs,
      idLow: uniformInt(generator, 0, 0x7fffffff),
      idHigh: at,
      type: 1,
      entryMode: uniformInt(generator, 0, ENTRY_MODE_COUNT - 1),
      category: uniformInt(generator, 0, CATEGORY_COUNT - 1),
      country: uniformInt(generator, 0, 5),
      flags: EVENT_FLAGS.currencyKnown | uniformInt(generator, 0, EVENT_FLAGS.currencyKnown - 1),
      monthsPastDue: 0,
      amount: Math.exp(draw(4)),
      levelDifference: hasLevel ? draw(4) : Number.NaN,
      levelZ: hasLevel ? draw(8) : Number.NaN,
      categoryDifference: hasLevel ? draw(3) : Number.NaN,
      categoryGapLog: hasLevel ? 10 + draw(6) : Number.NaN,
      gapLog: at === 0 ? Number.NaN : Math.log1p(gapMs / 1_000),
      authentication: uniformInt(generator, 0, 2_047),
      merchantHash: uniformInt(generator, 1, 0x7fffffff),
      burstRatio: uniformFloat64(generator) * 5,
    });
  }
  return bytes;
}

/** For each portfolio the same rows: a full one of every padded length, and one just too long for the length below. Equal on every call. */
export function inventContexts(portfolioIds: readonly string[]): EncoderRow[] {
  const lengths = LENGTH_BUCKETS.flatMap((length, at) => [(LENGTH_BUCKETS[at - 1] ?? 0) + 1, length]);
  return portfolioIds.flatMap((portfolioId) => {
    const generator = xoroshiro128plus(SEED);
    return [...new Set(lengths)].map((eventCount) => ({
      portfolioId,
      events: inventEvents(generator, eventCount),
      eventCount,
      features: Float32Array.from(featureNames, () => uniformFloat64(generator) * 2),
    }));
  });
}

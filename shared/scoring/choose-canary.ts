// shared/scoring/choose-canary.ts: which head of the pass may decide as a canary: the aliased challenger's, once its golden rows are scored as it noted them.
import type { Encoder } from '../encoder/encoder.ts';
import type { Logger } from '../observability/logger.ts';
import type { WantedChallengers } from './challenger-source.ts';
import type { Champion } from './champion.ts';
import { compareGoldenRows } from './golden-rows.ts';

/** The pass as a head at `place` sees it: its raw scores first. */
const asSeenBy = (encoder: Pick<Encoder, 'encodeMany'>, place: number): Pick<Encoder, 'encodeMany'> => ({
  encodeMany: async (rows) => {
    const encoded = await encoder.encodeMany(rows);
    return encoded.map(({ readings, rawScores }) => ({ readings, rawScores: rawScores.subarray(place) }));
  },
});

/**
 * Never rejects: a challenger whose golden rows differ goes on as a shadow and decides nothing.
 * @param heads of the pass, the champion first
 * @returns its place among `heads`; undefined where the alias names none of them
 */
export async function chooseCanary(parts: {
  readonly wanted: WantedChallengers;
  readonly heads: readonly Champion[];
  readonly encoder: Pick<Encoder, 'encodeMany'>;
  readonly log: Logger;
}): Promise<number | undefined> {
  const { wanted, heads, encoder, log } = parts;
  const version = wanted.versions.find(({ manifest }) => manifest.modelVersion === wanted.aliased);
  const place = heads.findIndex(({ manifest }) => manifest.modelVersion === wanted.aliased);
  if (!version || place < 1) return undefined;
  try {
    await compareGoldenRows(version, asSeenBy(encoder, place));
    return place;
  } catch (error) {
    log.error({ err: error, modelVersion: wanted.aliased }, 'no canary: the challenger only shadows');
    return undefined;
  }
}

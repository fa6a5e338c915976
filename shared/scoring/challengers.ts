// shared/scoring/challengers.ts: versions that score beside the champion: on its encoder as further heads, or on encoders of their own.
import { whyUnbounded } from '../encoder/bounded-graph.ts';
import type { OnnxEncoder } from '../encoder/onnx-encoder.ts';
import { AppError } from '../errors.ts';
import type { VerifiedVersion } from '../registry/registry.ts';
import { type Champion, createChampion } from './champion.ts';

/** A challenger with an encoder of its own, which may be absent: still starting, hung, or refused. */
export interface OwnChallenger {
  readonly version: Champion;
  readonly encoder: () => Pick<OnnxEncoder, 'encodeMany' | 'isHealthy'> | undefined;
}

/** Everything that shadows one champion as it is served. */
export interface Challengers {
  /** Versions whose heads share the champion's pass, in the order of `EncodedRow.rawScores`: the champion first. */
  readonly heads: readonly Champion[];
  /** Place among `heads` of the version that the alias names, which may decide as a canary; undefined where it shares no pass. */
  readonly canaryPlace?: number | undefined;
  readonly own: readonly OwnChallenger[];
}

export interface RefusedChallenger {
  readonly modelVersion: string;
  readonly error: unknown;
}

/** Where each challenger sits; those that cannot score at all are refused. */
export interface Seats {
  readonly shared: readonly Champion[];
  readonly own: readonly Champion[];
  readonly refused: readonly RefusedChallenger[];
}

const headOf = ({ manifest, files }: VerifiedVersion): Uint8Array =>
  files.get(manifest.heads.full.file) ?? new Uint8Array();

/** What contexts and readings depend on: encoder, its sizes, references, settings of the features. */
function passOf({ manifest }: VerifiedVersion): string {
  const { encoder, references, featureSettings, featureVersion, files } = manifest;
  const digestOf = (file: string) => files[file]?.sha256;
  const byPortfolio = Object.entries(references)
    .map(([portfolioId, { file }]) => [portfolioId, digestOf(file)])
    .sort(([left = ''], [right = '']) => (left < right ? -1 : 1));
  return JSON.stringify([
    digestOf(encoder.file),
    encoder.config,
    byPortfolio,
    featureSettings,
    featureVersion,
  ]);
}

/**
 * Decides what shares the champion's pass. A head does when encoder, references and feature settings are the champion's, byte for byte,
 * and its graph is bound to end: nothing that could keep the champion waiting runs in its thread.
 */
export function seatChallengers(champion: VerifiedVersion, challengers: readonly VerifiedVersion[]): Seats {
  const shared: Champion[] = [];
  const own: Champion[] = [];
  const refused: RefusedChallenger[] = [];
  const pass = passOf(champion);
  for (const challenger of challengers) {
    const { modelVersion } = challenger.manifest;
    try {
      const version = createChampion(challenger);
      const why = whyUnbounded(headOf(challenger));
      if (why) throw new AppError('FRAUD_MODEL_INVALID', { detail: `The head of ${modelVersion}: ${why}.` });
      (passOf(challenger) === pass ? shared : own).push(version);
    } catch (error) {
      refused.push({ modelVersion, error });
    }
  }
  return { shared, own, refused };
}

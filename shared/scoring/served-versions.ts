// shared/scoring/served-versions.ts: the version that answers, the one before kept warm, and those on their way out, stopped after their last call.
import type { OnnxEncoder } from '../encoder/onnx-encoder.ts';
import type { AliasEntry, VerifiedVersion } from '../registry/registry.ts';
import type { Challengers } from './challengers.ts';
import type { Champion } from './champion.ts';

/** A champion and the parts of its encoder that are used while it answers. */
export interface ServingModel {
  readonly champion: Champion;
  readonly encoder: Omit<OnnxEncoder, 'close'>;
  /** What scores beside it and decides nothing. */
  readonly challengers?: Challengers | undefined;
}

/** A version with a scope of its own, so that it can be stopped without the rest. */
export interface RunningVersion {
  readonly model: ServingModel;
  stop(): Promise<void>;
}

/** A version that answers for a move of the alias. */
export interface ServedVersion extends RunningVersion {
  readonly entry: AliasEntry;
  readonly version: VerifiedVersion;
  /** Key of the challengers that were wanted when it was started. */
  readonly shadowedBy: string;
}

export interface ServedVersions {
  readonly served: () => ServedVersion;
  /** Answered before `served` and is still loaded: the way back costs nothing. */
  readonly warm: () => ServedVersion | undefined;
  /** Between two calls of the scorer: each goes on with the model that it began with. The one before stays warm. */
  flip(next: ServedVersion): void;
  /** As `flip`, for one that lost its encoder: it is stopped, and what was warm stays so. */
  replaceSpent(next: ServedVersion): void;
  /** The same version answers for a later move. */
  follow(entry: AliasEntry): void;
  close(): Promise<void>;
}

export const isSameVersion = (left: AliasEntry, right: AliasEntry): boolean =>
  left.modelVersion === right.modelVersion && left.manifestDigest === right.manifestDigest;

/** @param onReplace told of every model after the first; resolves when no call uses an earlier one any more */
export function serveVersions(
  first: ServedVersion,
  onReplace: (model: ServingModel) => Promise<void>,
): ServedVersions {
  let served = first;
  let warm: ServedVersion | undefined;
  const stopping = new Set<Promise<void>>();
  const retire = (version: ServedVersion, unused: Promise<void>): void => {
    const stopped = unused.then(version.stop).finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };
  return {
    served: () => served,
    warm: () => warm,
    flip: (next) => {
      const [before, outdated] = [served, warm];
      served = next;
      warm = before;
      const unused = onReplace(next.model);
      if (outdated && outdated.model !== next.model) retire(outdated, unused);
    },
    replaceSpent: (next) => {
      const before = served;
      served = next;
      retire(before, onReplace(next.model));
    },
    follow: (entry) => {
      served = { ...served, entry };
    },
    close: async () => {
      await Promise.all([served.stop(), warm?.stop(), ...stopping]);
    },
  };
}

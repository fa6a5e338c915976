// shared/registry/announcing-registry.ts: a registry whose every move of an alias is told to others, after it was made.
import type { ModelEvent } from '../domain/model-event.ts';
import type { AliasEntry, Registry } from './registry.ts';

/** Whoever moves an alias says so; nobody depends on being told. Must not reject. */
export type AnnounceMove = (event: ModelEvent) => Promise<void>;

/** @param kind of a champion's move; moves of other aliases are told as what they are */
export function toModelEvent(entry: AliasEntry, kind: ModelEvent['kind']): ModelEvent {
  const { alias, modelVersion, fence, movedAt, by, reason } = entry;
  return {
    kind: alias === 'challenger' ? 'model-register' : kind,
    alias,
    modelVersion,
    fence,
    at: movedAt,
    by,
    ...(reason !== undefined && { reason }),
  };
}

/** `registry` with its moves announced. @param kind `model-roll-back` where the champion goes back */
export function createAnnouncingRegistry(
  registry: Registry,
  announce: AnnounceMove,
  kind: ModelEvent['kind'] = 'model-promote',
): Registry {
  return {
    publish: (manifest, files) => registry.publish(manifest, files),
    listVersions: () => registry.listVersions(),
    readManifest: (modelVersion) => registry.readManifest(modelVersion),
    loadVerified: (modelVersion, expectedDigest) => registry.loadVerified(modelVersion, expectedDigest),
    readAlias: (alias) => registry.readAlias(alias),
    readHistory: (alias) => registry.readHistory(alias),
    moveAlias: async (move) => {
      const entry = await registry.moveAlias(move);
      await announce(toModelEvent(entry, kind));
      return entry;
    },
  };
}

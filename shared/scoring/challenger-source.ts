// shared/scoring/challenger-source.ts: which versions shadow the champion now: the alias `challenger` and versions named by a setting, verified.
import type { Logger } from '../observability/logger.ts';
import type { AliasEntry, Registry, VerifiedVersion } from '../registry/registry.ts';

/** The versions to shadow with, and which of them the alias names. */
export interface WantedChallengers {
  /** The alias's first; none is the champion, none comes twice. */
  readonly versions: readonly VerifiedVersion[];
  /** Version of the alias `challenger`; the one that may become canary. */
  readonly aliased: string | undefined;
  /** Equal when and only when the same versions are wanted. */
  readonly key: string;
}

export interface ChallengerSource {
  /** Never rejects: what cannot be read or verified is left out, and told once. */
  look(championVersion: string): Promise<WantedChallengers>;
}

export interface ChallengerSourceOptions {
  readonly registry: Pick<Registry, 'readAlias' | 'loadVerified'>;
  /** Versions beside the alias's, by name. */
  readonly further: readonly string[];
  readonly log: Logger;
}

interface Asked {
  readonly modelVersion: string;
  readonly manifestDigest?: string;
}

/** How a process is told by its settings. @returns undefined where nothing is to shadow */
export function readChallengerSource(
  settings: { readonly shadow: 'on' | 'off'; readonly shadowVersions: string },
  parts: Pick<ChallengerSourceOptions, 'registry' | 'log'>,
): ChallengerSource | undefined {
  if (settings.shadow === 'off') return undefined;
  const further = settings.shadowVersions
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return createChallengerSource({ ...parts, further });
}

export const NO_CHALLENGERS: WantedChallengers = { versions: [], aliased: undefined, key: '' };

export function createChallengerSource(options: ChallengerSourceOptions): ChallengerSource {
  const { registry, further, log } = options;
  /** Loaded once: a version never changes. Kept for as long as it is asked for. */
  let loaded = new Map<string, VerifiedVersion | undefined>();

  const load = async ({ modelVersion, manifestDigest }: Asked): Promise<VerifiedVersion | undefined> => {
    if (loaded.has(modelVersion)) return loaded.get(modelVersion);
    try {
      return await registry.loadVerified(modelVersion, manifestDigest);
    } catch (error) {
      log.error({ err: error, modelVersion }, 'a challenger cannot be loaded: it scores nothing');
      return undefined;
    }
  };
  /** While the registry cannot be read, what was true before is. */
  let known: AliasEntry | undefined;
  const readAlias = async () => {
    try {
      known = await registry.readAlias('challenger');
    } catch (error) {
      log.error({ err: error }, 'the alias `challenger` cannot be read');
    }
    return known;
  };
  return {
    look: async (championVersion) => {
      const entry = await readAlias();
      const asked = [...(entry ? [entry] : []), ...further.map((modelVersion): Asked => ({ modelVersion }))];
      const wanted = asked.filter(
        ({ modelVersion }, at) =>
          modelVersion !== championVersion &&
          asked.findIndex((other) => other.modelVersion === modelVersion) === at,
      );
      const versions = new Map<string, VerifiedVersion | undefined>();
      for (const one of wanted) versions.set(one.modelVersion, await load(one));
      loaded = versions;
      const found = [...versions.values()].filter((version) => version !== undefined);
      if (found.length === 0) return NO_CHALLENGERS;
      return {
        versions: found,
        aliased: entry?.modelVersion,
        key: [entry?.modelVersion, ...found.map(({ manifestDigest }) => manifestDigest)].join(' ').trim(),
      };
    },
  };
}

// shared/scoring/live-model.ts: the version that answers: follows the alias while serving, keeps the one before warm, starts a lost encoder anew.
//
// Challengers are versions beside the served one, never instead of it: `look` asks for them after the champion, and no failure of theirs
// reaches it. Those on the champion's encoder are further heads of its pass (rawScores[1], rawScores[2], …): when others are wanted, the
// same version is started anew with their heads and replaces itself, as after a lost encoder.
import { AppError } from '../errors.ts';
import { createRepeatableTask } from '../lifecycle/run-again.ts';
import { createScope } from '../lifecycle/scope.ts';
import type { Logger } from '../observability/logger.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';
import type { AliasEntry, Registry, VerifiedVersion } from '../registry/registry.ts';
import { type ChallengerSource, NO_CHALLENGERS, type WantedChallengers } from './challenger-source.ts';
import {
  isSameVersion,
  type RunningVersion,
  type ServedVersion,
  type ServedVersions,
  type ServingModel,
  serveVersions,
} from './served-versions.ts';
import { type ModelSettings, type StartedModel, startVersion } from './start-model.ts';

export interface LiveModel {
  readonly current: () => ServingModel;
  /** Shown with readiness: provider, health of the encoder, the move followed, the one refused. */
  readonly facts: () => Readonly<Record<string, unknown>>;
  /**
   * Looks whether the alias has moved and the encoder is well, and acts on it; call it every second and at every hint. Never rejects: what
   * cannot be followed leaves the version before in place. Asked while it looks, it looks once more.
   */
  look(): Promise<void>;
  /** Stops every version. */
  close(): Promise<void>;
}

export interface LiveModelOptions {
  readonly settings: ModelSettings;
  readonly registry: Pick<Registry, 'readAlias' | 'loadVerified'>;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  /**
   * Told of every model after the first; calls from then on use it. Resolves when no call uses an earlier one any more: only then may
   * an earlier one be stopped.
   */
  readonly onReplace: (model: ServingModel) => Promise<void>;
  /** What is to score beside the champion; absent: nothing. */
  readonly challengers?: ChallengerSource | undefined;
  /** Doubles only. */
  readonly start?: StartVersion;
}

type StartVersion = (version: VerifiedVersion, wanted: WantedChallengers) => Promise<RunningVersion>;

/** A move that could not be followed: tried once, not every second. */
interface Refusal {
  readonly modelVersion: string;
  readonly fence: number;
  readonly code: string;
}

async function startInScope(
  options: LiveModelOptions,
  version: VerifiedVersion,
  wanted: WantedChallengers,
): Promise<RunningVersion> {
  const { log } = options;
  const scope = createScope((name, error) => log.error({ err: error, part: name }, 'would not stop'));
  const model: StartedModel = await startVersion(version, { ...options, scope }, wanted);
  return { model, stop: scope.stop };
}

const isWell = ({ model }: RunningVersion): boolean => model.encoder.isHealthy();

function announce({ champion, championFence }: ScorerMetrics, { modelVersion, fence }: AliasEntry): void {
  champion.reset();
  champion.set({ model_version: modelVersion }, 1);
  championFence.set(fence);
}

type LoadVersion = (entry: AliasEntry) => Promise<ServedVersion>;

/** Follows each move once. Rejects when the registry cannot be read. */
function createFollowAlias(
  { registry, log, metrics }: LiveModelOptions,
  versions: ServedVersions,
  load: LoadVersion,
) {
  let refused: Refusal | undefined;
  const follow = async (entry: AliasEntry): Promise<void> => {
    const before = versions.served();
    if (isSameVersion(entry, before.entry)) return versions.follow(entry);
    const warm = versions.warm();
    const kept = warm && isSameVersion(entry, warm.entry) && isWell(warm) ? { ...warm, entry } : undefined;
    versions.flip(kept ?? (await load(entry)));
    metrics.modelSwaps.inc({ end: 'replaced' });
    const { modelVersion, fence } = entry;
    log.info({ modelVersion, fence, before: before.entry.modelVersion }, 'another version answers');
  };
  return {
    refused: () => refused,
    followAlias: async (): Promise<void> => {
      const entry = await registry.readAlias('champion');
      const { fence, modelVersion } = versions.served().entry;
      if (!entry || entry.fence <= fence || entry.fence === refused?.fence) return;
      try {
        await follow(entry);
        refused = undefined;
        announce(metrics, entry);
      } catch (error) {
        const code = error instanceof AppError ? error.code : 'unknown';
        refused = { modelVersion: entry.modelVersion, fence: entry.fence, code };
        metrics.modelSwaps.inc({ end: 'refused' });
        log.error({ err: error, ...refused, serving: modelVersion }, 'refused; the version before stays');
      }
    },
  };
}

/**
 * Loads the champion and serves it.
 * @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH, FRAUD_MODEL_INVALID, FRAUD_MODEL_GOLDEN_MISMATCH, FRAUD_PROVIDER_UNAVAILABLE
 */
export async function startLiveModel(options: LiveModelOptions): Promise<LiveModel> {
  const { registry, log, metrics } = options;
  const startOne: StartVersion =
    options.start ?? ((version, wanted) => startInScope(options, version, wanted));
  const look = async ({ manifest }: VerifiedVersion): Promise<WantedChallengers> =>
    (await options.challengers?.look(manifest.modelVersion)) ?? NO_CHALLENGERS;
  const start = async (version: VerifiedVersion, wanted: WantedChallengers) => ({
    ...(await startOne(version, wanted)),
    shadowedBy: wanted.key,
  });
  const load: LoadVersion = async (entry) => {
    const version = await registry.loadVerified(entry.modelVersion, entry.manifestDigest);
    return { ...(await start(version, await look(version))), version, entry };
  };
  const first = await registry.readAlias('champion');
  if (!first) throw new AppError('FRAUD_MODEL_NOT_FOUND', { detail: 'No version is champion.' });
  const versions = serveVersions(await load(first), options.onReplace);
  announce(metrics, first);
  const { followAlias, refused } = createFollowAlias(options, versions, load);

  /** From the bytes in hand: a registry that is away does not keep an encoder down. */
  const restartEncoder = async (): Promise<void> => {
    const served = versions.served();
    if (isWell(served)) return;
    log.warn({ modelVersion: served.entry.modelVersion }, 'an encoder worker hung or died: starting another');
    versions.replaceSpent({ ...served, ...(await start(served.version, await look(served.version))) });
    metrics.modelSwaps.inc({ end: 'restarted' });
  };
  /** Wanted and not to be had: tried once. */
  let refusedKey: string | undefined;
  const followChallengers = async (): Promise<void> => {
    const served = versions.served();
    const wanted = await look(served.version);
    if (wanted.key === served.shadowedBy || wanted.key === refusedKey) return;
    refusedKey = wanted.key;
    versions.replaceSpent({ ...served, ...(await start(served.version, wanted)) });
    refusedKey = undefined;
    metrics.modelSwaps.inc({ end: 'shadowed' });
  };
  const looking = createRepeatableTask(async () => {
    await followAlias().catch((error: unknown) => log.error({ err: error }, 'the registry cannot be read'));
    await restartEncoder().catch((error: unknown) => log.error({ err: error }, 'no encoder starts'));
    await followChallengers().catch((error: unknown) =>
      log.error({ err: error }, 'challengers do not start'),
    );
  });
  return {
    current: () => versions.served().model,
    facts: () => describe(versions.served(), refused()),
    look: looking.run,
    close: async () => {
      await looking.close();
      await versions.close();
    },
  };
}

function describe({ model, entry }: ServedVersion, refused: Refusal | undefined) {
  const { encoderVersion, provider, providerReport } = model.encoder;
  return {
    modelVersion: entry.modelVersion,
    championFence: entry.fence,
    encoderVersion,
    provider,
    providerReport,
    isEncoderHealthy: model.encoder.isHealthy(),
    ...(refused && { refused }),
  };
}

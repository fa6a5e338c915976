// shared/scoring/start-model.ts: a verified version, the encoder that runs it, and its golden rows compared before it may answer.
import type { ProviderChoice } from '../encoder/binding.ts';
import { createOnnxEncoder, type OnnxEncoder } from '../encoder/onnx-encoder.ts';
import { openHeadGraph } from '../encoder/score-head-graph.ts';
import type { Scope } from '../lifecycle/scope.ts';
import type { Logger } from '../observability/logger.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import { loadAlias, type VerifiedVersion } from '../registry/registry.ts';
import { WINDOW } from '../sequence/packed-event.ts';
import { NO_CHALLENGERS, type WantedChallengers } from './challenger-source.ts';
import { type Challengers, seatChallengers } from './challengers.ts';
import { type Champion, createChampion } from './champion.ts';
import { chooseCanary } from './choose-canary.ts';
import { compareGoldenRows } from './golden-rows.ts';
import { startChallengers } from './start-challengers.ts';

export interface StartedModel {
  readonly champion: Champion;
  readonly encoder: OnnxEncoder;
  readonly challengers: Challengers | undefined;
}

/** Settings of a process that scores, as its config.ts reads them. */
export interface ModelSettings {
  readonly registryDirectory: string;
  readonly encoderProvider: ProviderChoice;
  /** Worker threads; 0 = one per core. */
  readonly encoderWorkers: number;
  readonly encoderQueuePositions: number;
  /** A worker that is silent for this long is abandoned; default of the encoder when left out. */
  readonly encoderRunDeadlineMs?: number;
  /** Of the encoder's threads; left out: as all others. */
  readonly encoderNiceness?: number;
}

/** Rows that a challenger with an encoder of its own may hold: some chunks. */
export const OWN_ROWS = 512;

/** A missing GPU is a warning that cannot be overlooked; one that was asked for by name and is absent throws. */
function announce(log: Logger, metrics: ScorerMetrics, encoder: OnnxEncoder): void {
  const { provider, workers, encoderVersion, providerReport } = encoder;
  metrics.encoderProvider.set({ provider }, 1);
  const facts = { provider, workers, encoderVersion, providerReport };
  if (provider === 'cpu') log.warn(facts, 'encoder runs on the CPU');
  else log.info(facts, 'encoder runs on a GPU');
}

/** What starts a version, whichever it is. */
export interface StartParts {
  readonly settings: ModelSettings;
  readonly log: Logger;
  readonly metrics: ScorerMetrics;
  /** Owns the encoder. */
  readonly scope: Scope;
}

/**
 * A verified version made ready to answer: encoder and heads loaded and warm, its golden rows scored as it was noted.
 * @throws AppError FRAUD_MODEL_INVALID, FRAUD_MODEL_GOLDEN_MISMATCH, FRAUD_PROVIDER_UNAVAILABLE, FRAUD_ENCODER_FAILED
 */
export async function startVersion(
  version: VerifiedVersion,
  parts: StartParts,
  wanted: WantedChallengers = NO_CHALLENGERS,
): Promise<StartedModel> {
  const { log, metrics, scope } = parts;
  const champion = createChampion(version);
  const seats = seatChallengers(version, wanted.versions);
  for (const { modelVersion, error } of seats.refused) refuse(log, modelVersion, error);
  const { modelVersion } = champion.manifest;
  log.info({ modelVersion, manifestDigest: version.manifestDigest }, 'version verified');
  const { encoder, shared } = await scope.start(
    'encoder',
    () => startEncoder(champion, seats.shared, parts),
    (part) => part.encoder.close(),
  );
  const rows = await scope.start(
    'golden rows',
    () => compareGoldenRows(version, encoder),
    () => {},
  );
  log.info({ modelVersion, rows }, 'golden rows compared');
  announce(log, metrics, encoder);
  const { own } = await scope.start(
    'challengers',
    () =>
      startChallengers(seats.own, {
        queueLimitPositions: OWN_ROWS * WINDOW,
        onReady: (name) => log.info({ modelVersion: name }, 'the encoder of a challenger runs'),
        onFailure: (name, error) => refuse(log, name, error),
      }),
    (part) => part.close(),
  );
  if (shared.length + own.length === 0) return { champion, encoder, challengers: undefined };
  const heads = [champion, ...shared];
  const canaryPlace = await chooseCanary({ wanted, heads, encoder, log });
  log.info(
    { modelVersion, shared: shared.map(nameOf), own: own.map((one) => nameOf(one.version)) },
    'shadowed',
  );
  return { champion, encoder, challengers: { heads, own, canaryPlace } };
}

const nameOf = ({ manifest }: Champion): string => manifest.modelVersion;

function refuse(log: Logger, modelVersion: string, error: unknown): void {
  log.error({ err: error, modelVersion }, 'a challenger cannot score: the champion goes on without it');
}

/** Those whose head ONNX Runtime loads by itself. */
async function keepLoadable(shared: readonly Champion[], log: Logger): Promise<readonly Champion[]> {
  const loadable: Champion[] = [];
  for (const challenger of shared) {
    const [head] = challenger.encoderParts.heads;
    try {
      const graph = await openHeadGraph(
        head?.graph ?? new Uint8Array(),
        challenger.manifest.heads.full.inputs.length,
      );
      await graph.release();
      loadable.push(challenger);
    } catch (error) {
      refuse(log, nameOf(challenger), error);
    }
  }
  return loadable;
}

/** A champion must start whatever its challengers are: when their heads keep the encoder from starting, it starts without them. */
async function startEncoder(
  champion: Champion,
  shared: readonly Champion[],
  parts: Pick<StartParts, 'settings' | 'log'>,
): Promise<{ readonly encoder: OnnxEncoder; readonly shared: readonly Champion[] }> {
  const { settings, log } = parts;
  const { encoderProvider, encoderQueuePositions, encoderWorkers, encoderRunDeadlineMs } = settings;
  const { encoderNiceness: niceness } = settings;
  const heads = [champion, ...shared].flatMap(({ encoderParts }) => encoderParts.heads);
  const start = createOnnxEncoder({
    ...champion.encoderParts,
    heads,
    provider: encoderProvider,
    queueLimitPositions: encoderQueuePositions,
    ...(encoderWorkers > 0 ? { workers: encoderWorkers } : {}),
    ...(encoderRunDeadlineMs === undefined ? {} : { runDeadlineMs: encoderRunDeadlineMs }),
    ...(niceness === undefined ? {} : { niceness }),
  });
  try {
    return { encoder: await start, shared };
  } catch (error) {
    if (shared.length === 0) throw error;
    const loadable = await keepLoadable(shared, log);
    // When every head loads by itself and they do not together, none is worth a third try.
    return startEncoder(champion, loadable.length < shared.length ? loadable : [], parts);
  }
}

/** The champion of a registry. @throws AppError FRAUD_MODEL_NOT_FOUND, FRAUD_MODEL_HASH_MISMATCH, and as `startVersion` */
export async function startModel(parts: StartParts): Promise<StartedModel> {
  const { version } = await loadAlias(new FileRegistry(parts.settings.registryDirectory), 'champion');
  return startVersion(version, parts);
}

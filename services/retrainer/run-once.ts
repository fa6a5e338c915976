// services/retrainer/run-once.ts: one retraining from settings: parts opened, stages run and timed, the run recorded.
import { join } from 'node:path';
import { openArchive } from '../../shared/archive/open-archive.ts';
import type { Clock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { writeRunRecord } from '../../shared/evaluation/run-folder.ts';
import type { RunRecord } from '../../shared/evaluation/run-record.ts';
import { type AnnounceMove, createAnnouncingRegistry } from '../../shared/registry/announcing-registry.ts';
import { FileRegistry } from '../../shared/registry/file-registry.ts';
import { sha256Of } from '../../shared/registry/manifest.ts';
import { ensureChampion } from '../../shared/registry/shipped-champion.ts';
import { createChampion } from '../../shared/scoring/champion.ts';
import { chooseBackend } from '../../shared/training/backend.ts';
import type { RetrainerSettings } from './config.ts';
import { findCompared } from './find-compared.ts';
import { retrain } from './retrain.ts';
import { openRunFiles } from './run-files.ts';
import type { Asked, Retrained } from './state.ts';
import { type StageTimes, type WatchedStages, watchStages } from './watch-stages.ts';

export interface RunReport {
  readonly run: string;
  readonly outcome: Retrained['outcome'];
  readonly modelVersion: string;
  readonly manifestDigest: string;
  readonly snapshotId: string;
  readonly champion: string;
  readonly backend: string;
  readonly isWarmStarted: boolean;
  readonly rows: Readonly<Record<string, number>>;
  readonly averagePrecision: {
    readonly challenger: number;
    readonly champion: number;
    readonly lower: number;
    readonly upper: number;
  };
  readonly gates: readonly { readonly gate: string; readonly passed: boolean; readonly sentence: string }[];
  readonly seconds: StageTimes;
  readonly peakMemoryMegabytes: number;
  /** Of the process so far, all its threads. */
  readonly processorSeconds: number;
}

const HOUR_MS = 3_600_000;

export interface RunParts {
  readonly clock: Clock;
  /** Told of every alias that the run moves. */
  readonly announce?: AnnounceMove | undefined;
  readonly onProgress: Asked['onProgress'];
  /** What stands around every stage; default: a watch of their times. */
  readonly stages?: WatchedStages;
}

export async function runOnce(
  settings: RetrainerSettings,
  { clock, announce, onProgress, stages = watchStages() }: RunParts,
): Promise<RunReport> {
  const nowMs = clock.now();
  const cut = new Date(settings.cut ?? Math.floor(nowMs / HOUR_MS) * HOUR_MS);
  const files = new FileRegistry(settings.registryDirectory);
  const registry = announce ? createAnnouncingRegistry(files, announce) : files;
  await ensureChampion(registry, new Date(nowMs).toISOString());
  const stagesOf = (run: string): string => join(settings.runsDirectory, run, 'stages');
  const { entry, version } = await findCompared(registry, (championDigest) =>
    stagesOf(nameRun(settings, cut, championDigest)),
  );
  const run = nameRun(settings, cut, entry.manifestDigest);
  const record = startRecord(run, settings, new Date(nowMs));
  writeRunRecord(settings.runsDirectory, record);
  const store = await openArchive(settings.archive);
  try {
    const done = await retrain(
      {
        settings,
        cut,
        store,
        registry,
        championEntry: entry,
        championVersion: version,
        champion: createChampion(version),
        backend: await chooseBackend(settings.backend),
        files: await openRunFiles(stagesOf(run)),
        onProgress,
      },
      stages.watched,
    );
    const report = toReport(run, done, stages.times);
    writeRunRecord(settings.runsDirectory, finishRecord(record, report, new Date(clock.now())));
    return report;
  } catch (error) {
    const failure = error instanceof AppError ? `${error.code}: ${error.message}` : String(error);
    const finishedAt = new Date(clock.now()).toISOString();
    writeRunRecord(settings.runsDirectory, { ...record, state: 'failed', finishedAt, failure });
    throw error;
  } finally {
    await store.close();
  }
}

/** The same question to the same champion is the same run: asked again it goes on. */
function nameRun(settings: RetrainerSettings, cut: Date, championDigest: string): string {
  const { runsDirectory: _runs, registryDirectory: _registry, logLevel: _log, ...others } = settings;
  const { kafkaBrokers: _brokers, topicPrefix: _prefix, ...asked } = others;
  const digest = sha256Of(Buffer.from(JSON.stringify({ ...asked, cut, championDigest }))).slice(0, 12);
  return `${cut.toISOString().slice(0, 16).replace(':', '').toLowerCase()}-retrain-${digest}`;
}

function startRecord(id: string, settings: RetrainerSettings, startedAt: Date): RunRecord {
  return {
    formatVersion: 1,
    id,
    kind: 'retrain',
    state: 'running',
    startedAt: startedAt.toISOString(),
    config: Object.fromEntries(
      Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    seeds: [settings.seed],
    inputs: {},
    metrics: {},
    artifacts: {},
  };
}

function finishRecord(record: RunRecord, report: RunReport, finishedAt: Date): RunRecord {
  const { averagePrecision, rows, seconds, backend } = report;
  const all = {
    ...rows,
    ...Object.fromEntries(Object.entries(seconds).map(([name, value]) => [`seconds ${name}`, value])),
  };
  return {
    ...record,
    state: 'finished',
    finishedAt: finishedAt.toISOString(),
    inputs: { snapshot: report.snapshotId },
    metrics: {
      averagePrecision: averagePrecision.challenger,
      'averagePrecision.champion': averagePrecision.champion,
      'averagePrecision.difference.lower': averagePrecision.lower,
      'averagePrecision.difference.upper': averagePrecision.upper,
      ...all,
    },
    candidate: report.modelVersion,
    environment: { backend, outcome: report.outcome },
  };
}

function toReport(run: string, done: Retrained, seconds: StageTimes): RunReport {
  const { first, second, difference } = done.facts.comparison.averagePrecision;
  const { training, calibration, test } = done.facts.windows;
  return {
    run,
    outcome: done.outcome,
    modelVersion: done.version.manifest.modelVersion,
    manifestDigest: done.version.manifestDigest,
    snapshotId: done.set.snapshotId,
    champion: done.champion.manifest.modelVersion,
    backend: done.backend.name,
    isWarmStarted: done.isWarmStarted,
    rows: { training: training.rows, calibration: calibration.rows, test: test.rows },
    averagePrecision: {
      challenger: first.value,
      champion: second.value,
      lower: difference.lower,
      upper: difference.upper,
    },
    gates: done.verdicts.map(({ gate, passed, sentence }) => ({ gate, passed, sentence })),
    seconds,
    // Kilobytes on Linux and macOS alike in Node.
    peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    processorSeconds: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1e4) / 100,
  };
}

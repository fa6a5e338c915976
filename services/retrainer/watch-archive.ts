// services/retrainer/watch-archive.ts: the champion's drift reference against the archive's latest days, again and again; says when it drifts.

import type { ArchiveStore } from '../../shared/archive/archive-store.ts';
import type { Duck } from '../../shared/archive/duck.ts';
import { DRIFT_REFERENCE_FILE, parseDriftReference } from '../../shared/drift/drift-reference.ts';
import {
  createDriftJudge,
  type DatedCounts,
  type DriftJudge,
  type DriftStatus,
  defaultDriftSettings,
} from '../../shared/drift/judge-drift.ts';
import type { Logger } from '../../shared/observability/logger.ts';
import { loadAlias, type Registry } from '../../shared/registry/registry.ts';
import { findOwnReference, OWN_REFERENCE_DAYS } from './own-reference.ts';
import { createDriftDays, type DriftDays } from './read-drift-days.ts';
import type { WantedByDrift } from './wanted-jobs.ts';

export interface ArchiveWatch {
  /** Judges what the archive holds now. Never throws: a look that fails is logged and says why nothing is known; the next one may mend it. */
  look(): Promise<WatchedDrift>;
  readonly latest: WatchedDrift;
}

/** A judgement, and of which champion it is. */
export interface WatchedDrift {
  readonly status: DriftStatus;
  /** Undefined where there is no champion, or it was stored without a reference. */
  readonly modelVersion: string | undefined;
  /** Why nothing can be said. */
  readonly whyUnknown?: string;
}

interface Watched {
  readonly manifestDigest: string;
  readonly modelVersion: string;
  /** Of the days that a reference of its own needs, so many there are. */
  readonly referenceDays?: number;
  /** Undefined: the version has no reference yet. */
  readonly follow:
    | {
        readonly days: DriftDays;
        readonly judge: DriftJudge;
        /** The look before. */
        last: Seen;
      }
    | undefined;
}

/** What a look saw, and what it came to. */
interface Seen {
  readonly days: readonly DatedCounts[];
  readonly status: DriftStatus;
}

/** Of the days that became complete between two looks the newest so many are judged, each as at its own end. */
const DAYS_CAUGHT_UP = 7;
const UNKNOWN: DriftStatus = { decision: 'unknown', day: undefined, cause: undefined, latest: undefined };

export function createArchiveWatch(parts: {
  readonly store: ArchiveStore;
  readonly duck: Duck;
  readonly registry: Registry;
  readonly cardShare: number;
  /** Where references are kept of champions that came without one; shared by all replicas. */
  readonly referencesDirectory: string;
  readonly log: Pick<Logger, 'warn'>;
}): ArchiveWatch {
  let watched: Watched | undefined;
  let latest: WatchedDrift = {
    status: UNKNOWN,
    modelVersion: undefined,
    whyUnknown: 'nothing was looked at yet',
  };

  /** Loads the champion again only when the alias has moved. */
  async function followChampion(): Promise<Watched | undefined> {
    const entry = await parts.registry.readAlias('champion');
    if (!entry) return undefined;
    if (watched?.manifestDigest === entry.manifestDigest && watched.follow) return watched;
    const { version } = await loadAlias(parts.registry, 'champion');
    const { manifest, manifestDigest, files } = version;
    const bytes = files.get(DRIFT_REFERENCE_FILE);
    const { modelVersion } = manifest;
    const { store } = parts;
    const own = bytes
      ? { reference: parseDriftReference(bytes) }
      : await findOwnReference({
          store,
          connection: parts.duck.connection,
          directory: parts.referencesDirectory,
          log: parts.log,
          modelVersion,
          manifestDigest,
          reviewAbove: manifest.thresholds.reviewAbove,
          inputs: manifest.heads.full.inputs,
        });
    if (!('reference' in own))
      return { manifestDigest, modelVersion, referenceDays: own.days, follow: undefined };
    const judge = createDriftJudge(own.reference);
    const days = createDriftDays({
      store,
      connection: parts.duck.connection,
      judge,
      modelVersion,
      reviewAbove: manifest.thresholds.reviewAbove,
      cardShare: parts.cardShare,
      days: judge.reference.windowDays + defaultDriftSettings.windowsKept + DAYS_CAUGHT_UP - 1,
    });
    return { manifestDigest, modelVersion, follow: { days, judge, last: { days: [], status: UNKNOWN } } };
  }

  return {
    look: async () => {
      try {
        watched = await followChampion();
        latest = await judgeNow(watched);
      } catch (error) {
        parts.log.warn({ err: error }, 'drift could not be judged: tried again at the next look');
        const whyUnknown = `the look failed: ${error instanceof Error ? error.message : String(error)}`;
        latest = { status: UNKNOWN, modelVersion: watched?.modelVersion, whyUnknown };
      }
      return latest;
    },
    get latest() {
      return latest;
    },
  };
}

async function judgeNow(watched: Watched | undefined): Promise<WatchedDrift> {
  if (!watched) return { status: UNKNOWN, modelVersion: undefined, whyUnknown: 'there is no champion' };
  const { modelVersion, follow, referenceDays = 0 } = watched;
  if (!follow) {
    const whyUnknown = `the champion came without a drift reference; its own first weeks become one: ${referenceDays} of ${OWN_REFERENCE_DAYS} days`;
    return { status: UNKNOWN, modelVersion, whyUnknown };
  }
  const days = await follow.days.read();
  const status = judgeNewDays(follow.judge, days, follow.last);
  follow.last = { days, status };
  return {
    status,
    modelVersion,
    ...(status.decision === 'unknown' && { whyUnknown: 'too little traffic of the champion yet' }),
  };
}

/**
 * Days that came late, several at once, tell what they would have told one by one: drift that lasted and passed again is drift. The first
 * look judges the latest day alone: what was before it is not known to be new. A latest day that changed is judged again: it was not whole.
 */
function judgeNewDays(judge: DriftJudge, days: readonly DatedCounts[], before: Seen): DriftStatus {
  const newest = latestOf(days);
  const seenUntil = latestOf(before.days);
  const isSeen = seenUntil === newest;
  if (isSeen && (before.status.decision === 'drift' || isUnchanged(days, before.days))) return before.status;
  const isFirst = before.days.length === 0;
  const first = isFirst || isSeen ? newest : Math.max(seenUntil + 1, newest - DAYS_CAUGHT_UP + 1);
  let { status } = before;
  for (const { day } of [...days].sort((left, right) => left.day - right.day)) {
    if (day < first) continue;
    status = judge.judge(days.filter((one) => one.day <= day));
    if (status.decision === 'drift') return { ...status, day: newest };
  }
  return status;
}

const latestOf = (days: readonly DatedCounts[]): number => Math.max(...days.map(({ day }) => day));

/** Counts are made anew only when their day changed. */
function isUnchanged(days: readonly DatedCounts[], before: readonly DatedCounts[]): boolean {
  const known = new Set(before.map(({ counts }) => counts));
  return days.every(({ counts }) => known.has(counts));
}

/** What drift asks of the runner: once per champion and day. */
export function toWanted({ status, modelVersion }: WatchedDrift): WantedByDrift | undefined {
  const { decision, cause, day } = status;
  if (decision !== 'drift' || !cause || modelVersion === undefined) return undefined;
  const note = `${cause.source} ${Math.abs(cause.deviations).toFixed(1)} > ${cause.limit.toFixed(1)}: ${cause.columns.join(', ')}`;
  return { key: `${modelVersion}|${day}`, note };
}

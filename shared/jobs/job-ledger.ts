// shared/jobs/job-ledger.ts: READ FIRST: jobs of which one runs at a time, whoever asks: a lease with a fencing number per job, in files that are linked into place.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { createDurably, namesIn, replaceDurably } from '../registry/write-durably.ts';
import {
  isSameCause,
  type JobCause,
  type JobEnd,
  type JobEntry,
  jobEntrySchema,
  stateOf,
} from './job-entry.ts';
import { createJobFileReader, type OnDamaged } from './read-job-file.ts';

const FENCE_DIGITS = 10;

/** The right to run one job, for as long as it is renewed. */
export interface JobClaim {
  readonly entry: JobEntry;
  /** So many holders before went silent with this job. */
  readonly silences: number;
  /** Moves the end of the lease away. @returns false when somebody else has claimed since: stop at once */
  renew(): Promise<boolean>;
  /** Notes what came of it and gives the lease back. @returns false when it was lost meanwhile, and nothing is noted */
  finish(end: JobEnd): Promise<boolean>;
  /** Leaves the job to whoever claims it next, at once. @returns false when it was lost meanwhile */
  giveBack(): Promise<boolean>;
}

export interface JobLedger {
  /** Every job, oldest first. */
  read(): Promise<JobEntry[]>;
  /**
   * Begins a job, unless one is running, or this one was done.
   * @param leaseMs how long the claim holds without being renewed: longer than clocks of replicas differ
   */
  claim(cause: JobCause, holder: string, leaseMs: number): Promise<JobClaim | undefined>;
}

export interface LedgerOptions {
  /** Told of entries that cannot be read: they are passed over, and their numbers stay taken. */
  readonly onDamaged?: OnDamaged;
  /** True: no other retrainer uses the directory, so no lease needs to run out: what is open was left by one that is gone. */
  readonly isAlone?: boolean;
}

/** @param directory shared by all replicas, on a file system with atomic link and rename: that of the registry */
export function openJobLedger(
  directory: string,
  clock: Clock,
  { onDamaged = () => {}, isAlone = false }: LedgerOptions = {},
): JobLedger {
  const readEntry = createJobFileReader(jobEntrySchema, onDamaged);
  const pathOf = (fence: number): string =>
    join(directory, `${String(fence).padStart(FENCE_DIGITS, '0')}.json`);

  /** Numbers of all claims, in order. */
  async function listFences(): Promise<number[]> {
    const names = (await namesIn(directory)).filter((name) => /^\d{10}\.json$/.test(name));
    return names.map((name) => Number.parseInt(name, 10)).sort((left, right) => left - right);
  }

  async function readAll(fences: readonly number[]): Promise<JobEntry[]> {
    const entries = await Promise.all(fences.map((fence) => readEntry(pathOf(fence))));
    return entries.flatMap((entry) => entry ?? []);
  }

  /** Only the holder writes its own entry; nobody else's claim is touched by it. */
  async function rewrite(entry: JobEntry): Promise<boolean> {
    if ((await listFences()).at(-1) !== entry.fence) return false;
    await replaceDurably(pathOf(entry.fence), toBytes(entry));
    return true;
  }

  function toClaim(first: JobEntry, silences: number, leaseMs: number): JobClaim {
    let entry = first;
    return {
      silences,
      get entry() {
        return entry;
      },
      renew: async () => {
        const renewed = { ...entry, expiresAt: toInstant(clock.now() + leaseMs) };
        const isHeld = await rewrite(renewed);
        if (isHeld) entry = renewed;
        return isHeld;
      },
      finish: (end) => rewrite({ ...entry, end }),
      giveBack: () => rewrite({ ...entry, expiresAt: toInstant(clock.now()), isGivenBack: true }),
    };
  }

  return {
    read: async () => readAll(await listFences()),
    claim: async (cause, holder, leaseMs) => {
      await mkdir(directory, { recursive: true });
      const fences = await listFences();
      const entries = await readAll(fences);
      const nowMs = clock.now();
      const latest = entries.at(-1);
      if (!isAlone && latest && stateOf(latest, nowMs) === 'running') return undefined;
      const before = entries.filter((one) => isSameCause(one.cause, cause));
      if (before.some(({ end }) => end)) return undefined;
      const silences = before.filter(({ isGivenBack }) => !isGivenBack).length;
      const entry: JobEntry = {
        fence: (fences.at(-1) ?? 0) + 1,
        cause,
        holder,
        startedAt: toInstant(nowMs),
        expiresAt: toInstant(nowMs + leaseMs),
      };
      // Of two who claim at once, one finds the name taken.
      return (await createDurably(pathOf(entry.fence), toBytes(entry)))
        ? toClaim(entry, silences, leaseMs)
        : undefined;
    },
  };
}

const toBytes = (entry: JobEntry): Uint8Array => new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
const toInstant = (ms: number): string => new Date(ms).toISOString();

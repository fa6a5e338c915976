// shared/jobs/job-ledger.ts: READ FIRST: jobs of which one runs at a time, whoever asks: a lease with a fencing number per job, in files that are linked into place.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { createDurably, namesIn, replaceDurably } from '../registry/write-durably.ts';
import { type JobCause, type JobEnd, type JobEntry, jobEntrySchema, stateOf } from './job-entry.ts';

/** A job whose holders keep going away is not begun for ever. */
const MOST_ATTEMPTS = 3;
const FENCE_DIGITS = 10;

/** The right to run one job, for as long as it is renewed. */
export interface JobClaim {
  readonly entry: JobEntry;
  /** Moves the end of the lease away. @returns false when somebody else has claimed since: stop at once */
  renew(): Promise<boolean>;
  /** Notes what came of it and gives the lease back. @returns false when it was lost meanwhile, and nothing is noted */
  finish(end: JobEnd): Promise<boolean>;
}

export interface JobLedger {
  /** Every job, oldest first. */
  read(): Promise<JobEntry[]>;
  /**
   * Begins a job, unless one is running, this one was done, or it was begun three times in vain.
   * @param leaseMs how long the claim holds without being renewed: longer than clocks of replicas differ
   */
  claim(cause: JobCause, holder: string, leaseMs: number): Promise<JobClaim | undefined>;
}

/** @param directory shared by all replicas, on a file system with atomic link and rename: that of the registry */
export function openJobLedger(directory: string, clock: Clock): JobLedger {
  const pathOf = (fence: number): string =>
    join(directory, `${String(fence).padStart(FENCE_DIGITS, '0')}.json`);

  async function read(): Promise<JobEntry[]> {
    const names = (await namesIn(directory)).filter((name) => /^\d+\.json$/.test(name)).sort();
    return Promise.all(
      names.map(async (name) =>
        jobEntrySchema.parse(JSON.parse(await readFile(join(directory, name), 'utf8'))),
      ),
    );
  }

  /** Only the holder writes its own entry; nobody else's claim is touched by it. */
  async function rewrite(entry: JobEntry): Promise<boolean> {
    const latest = (await read()).at(-1);
    if (latest?.fence !== entry.fence) return false;
    await replaceDurably(pathOf(entry.fence), toBytes(entry));
    return true;
  }

  function toClaim(first: JobEntry, leaseMs: number): JobClaim {
    let entry = first;
    return {
      get entry() {
        return entry;
      },
      renew: async () => {
        entry = { ...entry, expiresAt: toInstant(clock.now() + leaseMs) };
        return rewrite(entry);
      },
      finish: (end) => rewrite({ ...entry, end }),
    };
  }

  return {
    read,
    claim: async (cause, holder, leaseMs) => {
      await mkdir(directory, { recursive: true });
      const entries = await read();
      const nowMs = clock.now();
      if (!mayBegin(entries, cause, nowMs)) return undefined;
      const entry: JobEntry = {
        fence: (entries.at(-1)?.fence ?? 0) + 1,
        cause,
        holder,
        startedAt: toInstant(nowMs),
        expiresAt: toInstant(nowMs + leaseMs),
      };
      // Of two who claim at once, one finds the name taken.
      return (await createDurably(pathOf(entry.fence), toBytes(entry))) ? toClaim(entry, leaseMs) : undefined;
    },
  };
}

function mayBegin(entries: readonly JobEntry[], cause: JobCause, nowMs: number): boolean {
  const latest = entries.at(-1);
  if (latest && stateOf(latest, nowMs) === 'running') return false;
  const before = entries.filter((entry) => entry.cause.kind === cause.kind && entry.cause.key === cause.key);
  return before.every(({ end }) => !end) && before.length < MOST_ATTEMPTS;
}

const toBytes = (entry: JobEntry): Uint8Array => new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
const toInstant = (ms: number): string => new Date(ms).toISOString();

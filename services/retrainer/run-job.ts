// services/retrainer/run-job.ts: one retraining in a process of its own, within a budget of time and memory; what came of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { JobEnd, JobOutcome } from '../../shared/jobs/job-entry.ts';
import { residentBytes } from '../../shared/lifecycle/resident-memory.ts';

export interface JobLimits {
  readonly milliseconds: number;
  readonly megabytes: number;
}

export interface JobProcess {
  /** Module that is run: one retraining and out, its report on stdout. */
  readonly main: URL;
  readonly environment: NodeJS.ProcessEnv;
  readonly limits: JobLimits;
  /** Ends the job when it fires: the lease was lost, or the service stops. */
  readonly signal: AbortSignal;
}

/** How often memory is looked at. */
const LOOK_MS = 500;
/** Between being asked and being ended. */
const GRACE_MS = 5_000;
/** Last words kept of a job that failed. */
const MOST_LETTERS = 500;

/** What main.ts prints. */
const reportSchema = z.object({
  outcome: z.enum(['promoted', 'challenger', 'refused']),
  run: z.string(),
  modelVersion: z.string(),
});

/** Undefined when it was ended because of the signal: somebody else goes on with it. */
export type JobResult = Omit<JobEnd, 'finishedAt'> | undefined;

/** Never throws for what the job does: a crash is a result, too. */
export async function runJob({ main, environment, limits, signal }: JobProcess): Promise<JobResult> {
  const isSource = main.pathname.endsWith('.ts');
  const options = [...(isSource ? ['--import', 'tsx'] : []), fileURLToPath(main)];
  const child = spawn(process.execPath, options, {
    env: environment,
    // The channel is how the job learns that nobody waits for it any more (end-with-parent.ts).
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const said = { out: '', error: '' };
  child.stdout?.on('data', (part: Buffer) => {
    said.out += part.toString();
  });
  child.stderr?.on('data', (part: Buffer) => {
    // A job logs for hours: its end is what tells why it ended.
    said.error = (said.error + part.toString()).slice(-10 * MOST_LETTERS);
  });
  const watch = watchLimits(child, limits, signal);
  const exitStatus = await waitForEnd(child, said);
  watch.stop();
  if (signal.aborted) return undefined;
  const facts = {
    exitStatus,
    peakMemoryMegabytes: Math.round(watch.peakMegabytes()),
  };
  const broken = watch.broken();
  if (broken) return { ...facts, outcome: broken, failure: lastLine(said.error) };
  const report = reportSchema.safeParse(parseJson(said.out));
  if (!report.success) return { ...facts, outcome: 'failed', failure: lastLine(said.error) };
  return { ...facts, ...report.data };
}

/** @returns its exit status; null for a process that was killed, or never began: then `said` tells why */
function waitForEnd(child: ChildProcess, said: { error: string }): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('close', (status) => resolve(child.pid === undefined ? null : status));
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      said.error = error.message;
      resolve(null);
    });
  });
}

function watchLimits(child: ChildProcess, limits: JobLimits, signal: AbortSignal) {
  let broken: Extract<JobOutcome, 'out-of-time' | 'out-of-memory'> | undefined;
  let peak = 0;
  const kills: NodeJS.Timeout[] = [];
  const end = (): void => {
    child.kill('SIGTERM');
    kills.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS));
  };
  const breakOff = (why: NonNullable<typeof broken>): void => {
    if (broken) return;
    broken = why;
    end();
  };
  const deadline = setTimeout(() => breakOff('out-of-time'), limits.milliseconds);
  const look = setInterval(() => {
    // 0 where memory cannot be told: there only time is limited.
    const megabytes = residentBytes(child.pid) / 2 ** 20;
    peak = Math.max(peak, megabytes);
    if (megabytes > limits.megabytes) breakOff('out-of-memory');
  }, LOOK_MS);
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  return {
    broken: () => broken,
    peakMegabytes: () => peak,
    stop: () => {
      clearTimeout(deadline);
      clearInterval(look);
      kills.forEach(clearTimeout);
      signal.removeEventListener('abort', end);
    },
  };
}

/** A log line in which a job says why it ends. */
const lastWordsSchema = z.object({ err: z.object({ message: z.string() }) });

/** The last line, or what it says where it is one of the log. */
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  const said = lastWordsSchema.safeParse(parseJson(line));
  return (said.success ? said.data.err.message : line).slice(0, MOST_LETTERS);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// infra/local/story/operations.ts: what operations leaves running, at the story's own time: the retrainer looks; the challenger shadows, then decides.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.ts';
import type { JobEntry } from '../../../shared/jobs/job-entry.ts';
import { type LookReport, lookReportSchema } from '../../../shared/jobs/look.ts';
import { promote, type Registry } from '../../../shared/registry/registry.ts';
import type { ServiceChild } from '../service-child.ts';
import { SHADOW_DAYS, toMs } from './story-plan.ts';
import type { StoryStream } from './story-stream.ts';

/** What happened, at the day on which operations saw it. */
export type StoryEvent =
  | { readonly kind: 'drift'; readonly day: number; readonly cause: string }
  | { readonly kind: 'trigger'; readonly day: number; readonly note: string }
  | { readonly kind: 'refused'; readonly day: number; readonly why: string }
  | { readonly kind: 'shadow'; readonly day: number; readonly modelVersion: string }
  | {
      readonly kind: 'promoted';
      readonly day: number;
      readonly modelVersion: string;
      readonly shadowScores: number;
    };

export interface Operations {
  /** One look at the end of some days. @returns what was seen and done, in order */
  look(day: number): Promise<StoryEvent[]>;
  readonly champion: string;
}

export interface OperationsParts {
  /** With FRAUD_RETRAIN_CLOCK=asked. */
  readonly retrainer: ServiceChild;
  /** Its moves are announced. */
  readonly registry: Registry;
  readonly stream: StoryStream;
}

const BY = 'story';
const reportSchema = z.object({ verdicts: z.array(z.object({ gate: z.string(), passed: z.boolean() })) });

/** The gates that a registered version did not pass. */
async function namesOfGates(registry: Registry, modelVersion: string): Promise<string[]> {
  const { manifest, files } = await registry.loadVerified(modelVersion);
  const report = new TextDecoder().decode(files.get(manifest.report));
  const { verdicts } = reportSchema.parse(JSON.parse(report));
  return verdicts.filter(({ passed }) => !passed).map(({ gate }) => gate);
}

async function toEvent(registry: Registry, day: number, { end }: JobEntry): Promise<StoryEvent> {
  if (!end?.modelVersion) return { kind: 'refused', day, why: end?.failure ?? end?.outcome ?? 'given up' };
  const { modelVersion } = end;
  if (end.outcome === 'challenger') return { kind: 'shadow', day, modelVersion };
  return {
    kind: 'refused',
    day,
    why: `refused by ${(await namesOfGates(registry, modelVersion)).join(', ')}`,
  };
}

/** @throws AppError FRAUD_SCORER_ENDED when the retrainer ends or cannot look */
async function askRetrainer({ retrainer }: OperationsParts, day: number): Promise<LookReport> {
  const asking = fetch(`http://127.0.0.1:${retrainer.operationsPort}/look`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ now: new Date(toMs(day)).toISOString() }),
  });
  const answer = await Promise.race([asking, retrainer.failed]);
  const text = await answer.text();
  if (!answer.ok)
    throw new AppError('FRAUD_SCORER_ENDED', { detail: `The retrainer could not look: ${text}` });
  return lookReportSchema.parse(JSON.parse(text));
}

export async function createOperations(parts: OperationsParts): Promise<Operations> {
  const { registry, stream } = parts;
  let champion = (await registry.readAlias('champion'))?.modelVersion ?? '';
  let challenger: { readonly modelVersion: string; readonly since: number } | undefined;
  let hasDrifted = false;

  async function promoteShadow(day: number): Promise<StoryEvent[]> {
    if (!challenger || day - challenger.since < SHADOW_DAYS) return [];
    const { modelVersion } = challenger;
    challenger = undefined;
    const movedAt = new Date(toMs(day)).toISOString();
    await promote(registry, modelVersion, { movedAt, by: BY, reason: `shadowed for ${SHADOW_DAYS} days` });
    await stream.awaitChampion(modelVersion);
    champion = modelVersion;
    hasDrifted = false;
    return [{ kind: 'promoted', day, modelVersion, shadowScores: stream.countShadows(modelVersion) }];
  }

  async function lookForMore(day: number): Promise<StoryEvent[]> {
    const { drift, job } = await askRetrainer(parts, day);
    const events: StoryEvent[] = [];
    if (drift.decision === 'drift' && !hasDrifted) {
      hasDrifted = true;
      events.push({ kind: 'drift', day, cause: `${drift.source}: ${drift.columns.join(', ')}` });
    }
    if (!job) return events;
    const end = await toEvent(registry, day, job);
    if (end.kind === 'shadow') challenger = { modelVersion: end.modelVersion, since: day };
    return [...events, { kind: 'trigger', day, note: job.cause.note ?? job.cause.kind }, end];
  }

  return {
    get champion() {
      return champion;
    },
    look: async (day) => {
      const promoted = await promoteShadow(day);
      // One challenger at a time: while one shadows, nothing else is trained.
      return challenger ? promoted : [...promoted, ...(await lookForMore(day))];
    },
  };
}

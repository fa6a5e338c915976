// shared/evaluation/run-record.ts: run.json of a run folder: what was asked, what it was made from, what came out.
import { z } from 'zod';

/** Name of the record inside a run folder (`.fraud/runs/<id>/`). */
export const RUN_FILE = 'run.json';

export const runKinds = ['transfer', 'retrain', 'pretrain', 'evaluate', 'bake-off'] as const;
export const runStates = ['running', 'finished', 'failed'] as const;

const figure = z.number().nullable();

export const runRecordSchema = z.object({
  formatVersion: z.literal(1),
  /** Name of the run folder: sorts by start, e.g. `2026-11-24t1405-fine-tune-3f9c`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,95}$/, 'expected small letters, digits, dot, dash'),
  kind: z.enum(runKinds),
  /** One line for people; default: the id. */
  title: z.string().optional(),
  state: z.enum(runStates),
  startedAt: z.iso.datetime(),
  /** Absent while it runs. */
  finishedAt: z.iso.datetime().optional(),
  /** Error code and sentence of a failed run. */
  failure: z.string().optional(),
  /** Every option the run was started with, as JSON. */
  config: z.record(z.string(), z.json()),
  seeds: z.array(z.int()),
  /** What it read: name → SHA-256 (files, prepared data, encoder, snapshot). */
  inputs: z.record(z.string(), z.string()),
  /** Figures that can be set beside those of other runs, e.g. `averagePrecision`, `averagePrecision.lower`, `day7.recall`. */
  metrics: z.record(z.string(), figure),
  /** Files inside the run folder: name → path relative to it. */
  artifacts: z.record(z.string(), z.string()),
  /** Model version registered by the run. */
  candidate: z.string().optional(),
  /** Code and machine: package version, Node, training backend. */
  environment: z.record(z.string(), z.string()).optional(),
});

export type RunRecord = z.infer<typeof runRecordSchema>;

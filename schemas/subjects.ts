// schemas/subjects.ts: the subjects that have a JSON Schema, each with the zod schema it is generated from.
import type { z } from 'zod';
import { alertSchema, decisionSchema } from '../shared/domain/decision.ts';
import { modelEventSchema } from '../shared/domain/model-event.ts';
import { outcomeSchema } from '../shared/domain/outcome.ts';
import { shadowScoreSchema } from '../shared/domain/shadow-score.ts';
import { trainingRowSchema } from '../shared/domain/training-row.ts';
import { transactionSchema } from '../shared/domain/transaction.ts';
import { manifestSchema } from '../shared/registry/manifest.ts';

export interface Subject {
  /** Name of the file and of the examples' folder; only compatible changes within a version. */
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly schema: z.ZodType;
  /** `input`: what a sender may leave out is optional. `output`: what a reader can rely on. */
  readonly direction: 'input' | 'output';
}

export const subjects: readonly Subject[] = [
  {
    name: 'transaction',
    version: 1,
    title: 'Transaction: value of fraud.transactions.v1. Unknown fields are ignored and counted.',
    schema: transactionSchema,
    direction: 'input',
  },
  {
    name: 'outcome',
    version: 1,
    title: 'Outcome: value of fraud.outcomes.v1: label evidence for one transaction.',
    schema: outcomeSchema,
    direction: 'input',
  },
  {
    name: 'decision',
    version: 1,
    title: 'Decision: value of fraud.decisions.v1.',
    schema: decisionSchema,
    direction: 'output',
  },
  {
    name: 'alert',
    version: 1,
    title: 'Alert: value of fraud.alerts.v1: a decision a person must look at.',
    schema: alertSchema,
    direction: 'output',
  },
  {
    name: 'training-row',
    version: 1,
    title: 'Training row: value of fraud.training-rows.v1: one event as it was scored or applied.',
    schema: trainingRowSchema,
    direction: 'output',
  },
  {
    name: 'shadow-score',
    version: 1,
    title:
      'Shadow score: value of fraud.shadow-scores.v1: what versions that decide nothing would have said.',
    schema: shadowScoreSchema,
    direction: 'output',
  },
  {
    name: 'model-event',
    version: 1,
    title: 'Model event: value of fraud.model-events.v1: a hint that an alias moved.',
    schema: modelEventSchema,
    direction: 'output',
  },
  {
    name: 'model-manifest',
    version: 1,
    title: 'Model manifest: manifest.json of a model version in the registry.',
    schema: manifestSchema,
    direction: 'input',
  },
];

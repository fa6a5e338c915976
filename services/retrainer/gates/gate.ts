// services/retrainer/gates/gate.ts: what a promotion gate is told and what it answers.

import type { PairedComparison } from '../../../shared/evaluation/compare-paired.ts';
import type { Evaluation } from '../../../shared/evaluation/evaluate.ts';
import type { WindowName } from '../../../shared/training-set/windows.ts';
import type { LabelFacts } from '../measure-labels.ts';

/** One window: rows and frauds as they stand there, the rate per transaction (sampling undone). */
export interface WindowFacts {
  readonly rows: number;
  readonly frauds: number;
  readonly fraudRate: number;
}

/** Everything the gates judge by; plain JSON, written into the version's report. */
export interface GateFacts {
  /** Challenger first, champion second, on the same rows of the test window. */
  readonly comparison: PairedComparison;
  readonly challenger: Evaluation;
  readonly champion: Evaluation;
  readonly windows: Readonly<Record<WindowName, WindowFacts>>;
  /** Cut of the data each was trained on, ISO 8601; undefined where it is not known. */
  readonly trainedUntil: { readonly challenger: string; readonly champion: string | undefined };
  /** Scores of the challenger's ONNX graph against the trainer's own arithmetic. */
  readonly parity: { readonly rows: number; readonly largestDifference: number };
  /** Microseconds per row of the head alone, one row at a time, median. */
  readonly latency: { readonly challengerMicros: number; readonly championMicros: number };
  /** One by one against in a batch, and scores that are no number. */
  readonly golden: {
    readonly rows: number;
    readonly largestDifference: number;
    readonly notFinite: number;
  };
  /** What the labels look like to both models. */
  readonly labels: LabelFacts;
}

export interface GateVerdict {
  readonly gate: string;
  readonly passed: boolean;
  /** What was asked and what came, for people. */
  readonly sentence: string;
  readonly figures: Readonly<Record<string, number | string>>;
}

/** A named condition that must hold before a version may become champion. Pure. */
export interface PromotionGate {
  readonly name: string;
  judge(facts: GateFacts): Omit<GateVerdict, 'gate'>;
}

/** Three significant digits: enough to judge by. */
export const show = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'none';

// shared/encoder/worker-protocol.ts: what main thread and encoder worker say to each other, and what a worker needs to start.
import { AppError, type ErrorCode, errorCatalogue } from '../errors.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import type { BatchAnswer, BatchFailure, BatchRequest, BatchSlot } from './batch-message.ts';
import type { ProviderChoice } from './binding.ts';
import type { EncoderConfig } from './definition.ts';
import type { ProviderReport } from './provider-chain.ts';

/** A head that shares the encoder's pass: input `x` float32 (B, D) = readings ‖ features ‖ current event; output `logit` (B, 1). */
export interface HeadGraph {
  /** Version of the model the head belongs to; names it in errors. */
  readonly modelVersion: string;
  /** ONNX bytes. */
  readonly graph: Uint8Array;
}

/** Everything a worker holds for its whole life (structured clone). */
export interface WorkerSettings {
  readonly encoderModel: Uint8Array;
  readonly config: EncoderConfig;
  readonly heads: readonly HeadGraph[];
  /** In the order of portfolio indices in batches. */
  readonly references: readonly PopulationReference[];
  readonly provider: ProviderChoice;
  /** Rows × padded length of one batch, at most; BATCH_POSITIONS of the provider when absent. */
  readonly maxBatchPositions?: number;
  /** Of the thread, 1 … 19, where threads have one of their own (Linux): the larger, the sooner others go first. */
  readonly niceness?: number;
}

/** First message of a worker whose sessions are loaded and warm. */
export interface WorkerReady {
  readonly kind: 'ready';
  readonly report: ProviderReport;
  /** Readings per row. */
  readonly readingCount: number;
  /** Velocity features the heads expect; 0 without heads. */
  readonly featureWidth: number;
  /** Values per row of a slot's output. */
  readonly outputWidth: number;
}

/** An AppError as plain data: class instances do not survive the crossing. */
export interface WorkerStartFailure {
  readonly kind: 'start-failure';
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Processor time of the worker's thread so far; undefined where the platform does not tell. */
export interface WorkerUsage {
  readonly kind: 'usage';
  readonly cpuMs: number | undefined;
}

export type ToWorker =
  /** Once, before the first batch. */
  | { readonly kind: 'slots'; readonly slots: readonly BatchSlot[] }
  | BatchRequest
  | { readonly kind: 'usage' }
  | { readonly kind: 'close' };
export type FromWorker = WorkerReady | WorkerStartFailure | BatchAnswer | BatchFailure | WorkerUsage;

/** @returns what the main thread can rebuild an AppError from: its code, and its message without the catalogue's sentence. */
export function toStartFailure(cause: unknown): WorkerStartFailure {
  const code = cause instanceof AppError ? cause.code : 'FRAUD_ENCODER_FAILED';
  const message = cause instanceof Error ? cause.message : String(cause);
  return { kind: 'start-failure', code, detail: message.replace(errorCatalogue[code].sentence, '').trim() };
}

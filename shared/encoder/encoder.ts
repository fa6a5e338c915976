// shared/encoder/encoder.ts: port: packed contexts in, readings (and raw scores of the heads on them) out.

/** One row for the encoder. Buffers may be transferred to a worker: do not reuse them afterwards unless copied. */
export interface EncoderRow {
  readonly portfolioId: string;
  /** Packed events, oldest first, own event last. */
  readonly events: Uint8Array;
  readonly eventCount: number;
  /** Velocity features for the heads; empty when only readings are wanted. */
  readonly features: Float32Array;
}

/** What one pass gives for one row. */
export interface EncodedRow {
  /** Embedding ‖ forecasts ‖ surprises ‖ surprise means, in the order of `readingNames` (shared/encoder/readings.ts). */
  readonly readings: Float32Array;
  /** Raw score (logit, uncalibrated) of each loaded head, champion first; empty without heads. Those after the first may be NaN. */
  readonly rawScores: Float32Array;
}

/** Order kept; equal rows give equal results whatever they are batched with. */
export interface Encoder {
  readonly encoderVersion: string;
  /** Execution provider in use: `cuda`, `webgpu` or `cpu`. */
  readonly provider: string;
  /** @throws AppError FRAUD_ENCODER_OVERLOADED when the queue is full, FRAUD_ENCODER_FAILED when the session fails. */
  encodeMany(rows: readonly EncoderRow[]): Promise<EncodedRow[]>;
  /** Padded positions waiting or in flight. */
  queuedPositions(): number;
  /** Drains, releases sessions, lets the workers end by themselves. */
  close(): Promise<void>;
}

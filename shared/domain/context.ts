// shared/domain/context.ts: what encoder and head see of one transaction: packed events before it, itself last, and features.

/** Everything the score depends on. The score is a function of this and of the model, of nothing else. */
export interface Context {
  readonly portfolioId: string;
  /** Packed events (EVENT_BYTES each), oldest first, at most WINDOW; the transaction's own is the last. */
  readonly events: Uint8Array;
  /** Number of packed events, own included: 1 … WINDOW. */
  readonly eventCount: number;
  /** Velocity features in the order of `featureNames` (shared/features/velocity.ts). */
  readonly features: Float32Array;
  /** 64-bit hash over events (label bytes masked), features and reference digest; 16 hex characters. */
  readonly digest: string;
}

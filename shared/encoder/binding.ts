// shared/encoder/binding.ts: port over the native inference library: bytes of a graph in, a session that runs batches out.

/** Where a graph can run, in the order in which `auto` tries them. */
export const providerNames = ['cuda', 'webgpu', 'cpu'] as const;
export type ProviderName = (typeof providerNames)[number];

/** Values of FRAUD_ENCODER_PROVIDER. */
export const providerChoices = ['auto', ...providerNames] as const;
export type ProviderChoice = (typeof providerChoices)[number];

/** A tensor on the CPU; `data` holds exactly the product of `dims` elements, row-major. Names as ONNX Runtime has them. */
export interface HostTensor {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}

/** One loaded graph. Runs must not overlap; a run blocks the calling thread for its whole duration. */
export interface InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Declared shape of an input; a string is a free dimension. Undefined for names the graph does not have. */
  inputShape(name: string): readonly (number | string)[] | undefined;
  /** Inputs may be reused after the promise settles; outputs belong to the caller. */
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  release(): Promise<void>;
}

/** Loads graphs. Adapter: onnx-binding.ts; doubles in tests. */
export interface Binding {
  /** One-thread session of `model` (ONNX bytes) on exactly `provider`; rejects when that provider cannot be loaded, and never falls back by itself. */
  createSession(model: Uint8Array, provider: ProviderName): Promise<InferenceSession>;
}

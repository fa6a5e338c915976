// shared/encoder/provider-chain.ts: CUDA → WebGPU → CPU, each with its own attempt; says what was chosen and why the others were not.
import { AppError } from '../errors.ts';
import {
  type Binding,
  type InferenceSession,
  type ProviderChoice,
  type ProviderName,
  providerNames,
} from './binding.ts';

/** One provider that was asked and could not be used. */
export interface RefusedProvider {
  readonly provider: ProviderName;
  readonly reason: string;
}

/** What the chain decided: logged at start, set as a metric, shown in /readyz. A missing GPU is never silent. */
export interface ProviderReport {
  readonly asked: ProviderChoice;
  readonly provider: ProviderName;
  /** Providers tried before it, in order. */
  readonly refused: readonly RefusedProvider[];
}

export interface ChosenSession {
  readonly session: InferenceSession;
  readonly report: ProviderReport;
}

export interface ChainOptions {
  readonly binding: Binding;
  /** ONNX bytes. */
  readonly model: Uint8Array;
  readonly choice: ProviderChoice;
  /** Warms a fresh session and rejects when its answers cannot be trusted (not finite, far from the CPU's); the chain then goes on. */
  readonly prove?: (session: InferenceSession, provider: ProviderName) => Promise<void>;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof AppError && typeof cause.facts.reason === 'string') return cause.facts.reason;
  return (cause instanceof Error ? cause.message : String(cause)).trim().slice(0, 500);
}

async function attempt(options: ChainOptions, provider: ProviderName): Promise<InferenceSession> {
  const session = await options.binding.createSession(options.model, provider);
  try {
    await options.prove?.(session, provider);
    return session;
  } catch (cause) {
    await session.release();
    throw cause;
  }
}

/**
 * Session on the first provider that loads and proves itself. ONNX Runtime's own provider list does not fall back (it throws), hence one attempt each.
 * @throws AppError FRAUD_PROVIDER_UNAVAILABLE when a GPU provider was asked for by name and is absent, FRAUD_MODEL_INVALID when not even the CPU can load the graph
 */
export async function chooseProvider(options: ChainOptions): Promise<ChosenSession> {
  const candidates = options.choice === 'auto' ? providerNames : [options.choice];
  const refused: RefusedProvider[] = [];
  let lastCause: unknown;
  for (const provider of candidates) {
    try {
      const session = await attempt(options, provider);
      return { session, report: { asked: options.choice, provider, refused } };
    } catch (cause) {
      lastCause = cause;
      refused.push({ provider, reason: reasonOf(cause) });
    }
  }
  // The CPU is always there: what it cannot load is no fault of a provider.
  const code = refused.at(-1)?.provider === 'cpu' ? 'FRAUD_MODEL_INVALID' : 'FRAUD_PROVIDER_UNAVAILABLE';
  throw new AppError(code, {
    detail: refused.map(({ provider, reason }) => `${provider}: ${reason}`).join('; '),
    facts: { asked: options.choice },
    cause: lastCause,
  });
}

/** One line for logs and terminals. */
export function describeProvider(report: ProviderReport): string {
  const refused = report.refused.map(({ provider, reason }) => `${provider} refused (${reason})`);
  return [`encoder runs on ${report.provider}`, ...refused].join('; ');
}

// shared/encoder/onnx-binding.ts: Binding over onnxruntime-node; the only file that imports it. Import it in worker threads only.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { env, InferenceSession as OrtSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../errors.ts';
import type { Binding, HostTensor, InferenceSession, ProviderName } from './binding.ts';

// Failures reach us as exceptions; the library's own unstructured lines on stderr would only repeat them.
env.logLevel = 'fatal';

/** Folder of the native binding, where the CUDA provider's libraries have to lie. */
export function nativeBindingFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

function deviceNodes(folder: string, pattern: RegExp): boolean {
  try {
    return readdirSync(folder).some((name) => pattern.test(name));
  } catch {
    return false;
  }
}

/** Why `provider` cannot work here, found without loading native libraries (loading prints to stderr and takes long); undefined when it may. */
function reasonAgainst(provider: ProviderName): string | undefined {
  if (process.platform !== 'linux' || provider === 'cpu') return undefined;
  const hasNvidia = deviceNodes('/dev', /^nvidia\d+$/) || existsSync('/dev/dxg');
  if (provider === 'cuda') {
    if (!hasNvidia) return 'no NVIDIA device in /dev';
    const library = join(nativeBindingFolder(), 'libonnxruntime_providers_cuda.so');
    return existsSync(library) ? undefined : 'CUDA provider is not installed; run `npm run setup:gpu`';
  }
  // A Vulkan driver without a device node is a software one: slower than the CPU provider.
  return hasNvidia || deviceNodes('/dev/dri', /^renderD/) ? undefined : 'no GPU device in /dev';
}

/** Element types this product feeds and reads; everything else would be a foreign graph. */
function toHostTensor({ data, dims, type }: Tensor): HostTensor {
  if (data instanceof Float32Array || data instanceof Int32Array) return { data, dims };
  throw new AppError('FRAUD_MODEL_INVALID', { detail: `Outputs must be float32 or int32, got ${type}.` });
}

function toOrtTensor({ data, dims }: HostTensor): Tensor {
  return data instanceof Float32Array ? new Tensor('float32', data, dims) : new Tensor('int32', data, dims);
}

function bindSession(session: OrtSession): InferenceSession {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputShape(name) {
      const metadata = session.inputMetadata.find((candidate) => candidate.name === name);
      return metadata?.isTensor ? metadata.shape : undefined;
    },
    async run(inputs) {
      const feeds: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(inputs)) feeds[name] = toOrtTensor(tensor);
      const outputs = await session.run(feeds);
      const host: Record<string, HostTensor> = {};
      for (const [name, tensor] of Object.entries(outputs)) host[name] = toHostTensor(tensor);
      return host;
    },
    release: () => session.release(),
  };
}

/** Options of one measuring session: ORT writes a trace of every node to `<profilePrefix>_<time>.json` at release. */
export interface OnnxBindingOptions {
  readonly profilePrefix?: string;
}

/** The real binding. One intra-op thread per session: two one-thread workers beat one two-thread session; spinning off saves a core under paced load. */
export function createOnnxBinding(options: OnnxBindingOptions = {}): Binding {
  return {
    async createSession(model, provider) {
      const reason = reasonAgainst(provider);
      if (reason !== undefined) {
        throw new AppError('FRAUD_PROVIDER_UNAVAILABLE', { detail: reason, facts: { provider, reason } });
      }
      const session = await OrtSession.create(model, {
        executionProviders: [provider],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        logSeverityLevel: 4,
        // Values must be strings, or the binding ignores them without a word.
        extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
        ...(options.profilePrefix ? { enableProfiling: true, profileFilePrefix: options.profilePrefix } : {}),
      });
      return bindSession(session);
    },
  };
}

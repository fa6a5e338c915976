// test/support/binding-double.ts: an inference binding without a native library: says what was loaded and run, fails where told.
import type { Binding, HostTensor, InferenceSession, ProviderName } from '../../shared/encoder/binding.ts';
import { SURPRISE_POSITIONS } from '../../shared/encoder/channels.ts';
import { TARGET_COUNT } from '../../shared/encoder/targets.ts';
import { AMOUNT_BINS, HOUR_BINS } from '../../shared/features/population-reference.ts';

/** One run of a session: its provider and the dims of `channels`. */
export interface RecordedRun {
  readonly provider: ProviderName;
  readonly dims: readonly number[];
}

export interface BindingDouble extends Binding {
  /** Providers asked for a session, in order. */
  readonly asked: ProviderName[];
  readonly runs: RecordedRun[];
  /** Sessions created and not released. */
  openSessions(): number;
}

export interface BindingDoubleOptions {
  /** Providers that cannot be loaded, and why. */
  readonly broken?: Partial<Record<ProviderName, string>>;
  /** Value of every output element on a provider; 0.1 when absent. */
  readonly valueOn?: (provider: ProviderName) => number;
  readonly width?: number;
}

const filled = (dims: number[], value: number): HostTensor => ({
  data: new Float32Array(dims.reduce((product, size) => product * size, 1)).fill(value),
  dims,
});

/** Sessions of this double take any encoder feeds and answer with outputs of the right shape. */
export function createBindingDouble(options: BindingDoubleOptions = {}): BindingDouble {
  const { broken = {}, valueOn = () => 0.1, width = 32 } = options;
  const asked: ProviderName[] = [];
  const runs: RecordedRun[] = [];
  let open = 0;

  function createDoubleSession(provider: ProviderName): InferenceSession {
    const value = valueOn(provider);
    return {
      inputNames: ['channels', 'ids', 'mask', 'targets'],
      outputNames: ['embedding', 'forecast_amount', 'forecast_hour', 'surprise'],
      inputShape: () => undefined,
      async run({ channels }) {
        const dims = channels?.dims ?? [];
        const rows = dims[0] ?? 0;
        runs.push({ provider, dims });
        return {
          embedding: filled([rows, width], value),
          forecast_amount: filled([rows, AMOUNT_BINS], value),
          forecast_hour: filled([rows, HOUR_BINS], value),
          surprise: filled([rows, SURPRISE_POSITIONS, TARGET_COUNT], value),
        };
      },
      async release() {
        open--;
      },
    };
  }

  return {
    asked,
    runs,
    openSessions: () => open,
    async createSession(_model, provider) {
      asked.push(provider);
      const reason = broken[provider];
      if (reason !== undefined) throw new Error(reason);
      open++;
      return createDoubleSession(provider);
    },
  };
}

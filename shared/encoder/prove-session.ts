// shared/encoder/prove-session.ts: warms a fresh encoder session, largest shape first, and compares a GPU's answers with the CPU's.
import { AppError } from '../errors.ts';
import { fixedSizes, mostRows } from './batch-sizes.ts';
import type { Binding, HostTensor, InferenceSession, ProviderName } from './binding.ts';
import { type EncoderInputs, LENGTH_BUCKETS } from './channels.ts';
import { type BorrowInputs, toFeeds } from './encoder-feeds.ts';

/** Largest difference of any output between CPU and GPU that still counts as the same model. Float32 with other summation orders differs by about 1e-5. */
const MOST_DIFFERENCE = 1e-3;

/** Fills inputs with fixed values of about unit scale; the last half of each row is real, the rest padding. */
export function fillSample(inputs: EncoderInputs): EncoderInputs {
  inputs.channels.forEach((_, at) => {
    inputs.channels[at] = Math.sin(at * 0.7);
  });
  inputs.ids.fill(1);
  inputs.targets.fill(1);
  for (let at = 0; at < inputs.mask.length; at++) {
    inputs.mask[at] = at % inputs.length >= inputs.length / 2 ? 1 : 0;
  }
  return inputs;
}

/** Largest absolute difference over all outputs; ∞ when one is not finite or shapes differ. */
export function largestDifference(
  left: Readonly<Record<string, HostTensor>>,
  right: Readonly<Record<string, HostTensor>>,
): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(left)) {
    const others = right[name]?.data;
    if (others?.length !== data.length) return Number.POSITIVE_INFINITY;
    for (let at = 0; at < data.length; at++) {
      const difference = Math.abs((data[at] ?? Number.NaN) - (others[at] ?? Number.NaN));
      if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}

function untrusted(reason: string): AppError {
  return new AppError('FRAUD_PROVIDER_UNAVAILABLE', { detail: reason, facts: { reason } });
}

async function compareWithCpu(options: ProofOptions, session: InferenceSession): Promise<void> {
  const reference = await options.binding.createSession(options.model, 'cpu');
  try {
    const feeds = toFeeds(fillSample(options.borrow(LENGTH_BUCKETS[0], 1)));
    const difference = largestDifference(await reference.run(feeds), await session.run(feeds));
    if (difference > MOST_DIFFERENCE) {
      throw untrusted(
        `its answers differ from the CPU's by ${difference}, at most ${MOST_DIFFERENCE} is allowed`,
      );
    }
  } finally {
    await reference.release();
  }
}

export interface ProofOptions {
  readonly binding: Binding;
  readonly model: Uint8Array;
  readonly maxBatchPositions: (provider: ProviderName) => number;
  readonly borrow: BorrowInputs;
}

/**
 * Runs every shape once (the largest first, so that memory is reserved once), then, on a GPU, compares answers.
 * @throws AppError FRAUD_PROVIDER_UNAVAILABLE when they cannot be trusted; whatever the session throws when it fails.
 */
export async function proveSession(
  options: ProofOptions,
  session: InferenceSession,
  provider: ProviderName,
): Promise<void> {
  for (const length of LENGTH_BUCKETS.toReversed()) {
    const most = mostRows(options.maxBatchPositions(provider), length);
    for (const rows of fixedSizes(provider, most) ?? [most]) {
      await session.run(toFeeds(fillSample(options.borrow(length, rows))));
    }
  }
  if (provider !== 'cpu') await compareWithCpu(options, session);
}

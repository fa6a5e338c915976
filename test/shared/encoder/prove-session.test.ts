// test/shared/encoder/prove-session.test.ts: warm-up order, fixed shapes on GPUs, and answers that are not the CPU's.
import { expect, test } from 'vitest';
import { LENGTH_BUCKETS } from '../../../shared/encoder/channels.ts';
import { createInputPool } from '../../../shared/encoder/encoder-feeds.ts';
import { largestDifference, proveSession } from '../../../shared/encoder/prove-session.ts';
import { type BindingDoubleOptions, createBindingDouble } from '../../support/binding-double.ts';

async function prove(provider: 'cuda' | 'cpu', options: BindingDoubleOptions = {}) {
  const binding = createBindingDouble(options);
  const model = new Uint8Array(1);
  const session = await binding.createSession(model, provider);
  const proof = { binding, model, maxBatchPositions: () => 1280, borrow: createInputPool() };
  await proveSession(proof, session, provider);
  return binding;
}

const shapes = (runs: { dims: readonly number[] }[]) =>
  runs.map(({ dims: [rows, length] }) => [rows, length]);

test('a GPU is warmed with every fixed shape, the largest first', async () => {
  const { runs } = await prove('cuda');
  const warmed = shapes(runs.filter(({ provider }) => provider === 'cuda').slice(0, -1));
  expect(warmed.slice(0, 4)).toEqual([
    [20, 64],
    [3, 64],
    [1, 64],
    [26, 48],
  ]);
  expect(new Set(warmed.map(([, length]) => length))).toEqual(new Set(LENGTH_BUCKETS));
});

test('the CPU is warmed once per padded length', async () => {
  const { runs } = await prove('cpu');
  expect(shapes(runs).map(([, length]) => length)).toEqual([...LENGTH_BUCKETS].reverse());
});

test('a GPU whose answers are far from the CPU’s is not trusted, and no session is left behind', async () => {
  const binding = createBindingDouble({ valueOn: (provider) => (provider === 'cuda' ? 0.102 : 0.1) });
  const model = new Uint8Array(1);
  const session = await binding.createSession(model, 'cuda');
  const proof = { binding, model, maxBatchPositions: () => 1280, borrow: createInputPool() };
  await expect(proveSession(proof, session, 'cuda')).rejects.toMatchObject({
    code: 'FRAUD_PROVIDER_UNAVAILABLE',
  });
  expect(binding.openSessions()).toBe(1);
});

test('a GPU that answers NaN is not trusted', async () => {
  const valueOn = (provider: string) => (provider === 'cuda' ? Number.NaN : 0.1);
  await expect(prove('cuda', { valueOn })).rejects.toMatchObject({ code: 'FRAUD_PROVIDER_UNAVAILABLE' });
});

test('the largest difference is infinite when an output is missing or has another size', () => {
  const one = { y: { data: Float32Array.of(1, 2), dims: [2] } };
  expect(largestDifference(one, { y: { data: Float32Array.of(1, 2.5), dims: [2] } })).toBe(0.5);
  expect(largestDifference(one, {})).toBe(Number.POSITIVE_INFINITY);
  expect(largestDifference(one, { y: { data: Float32Array.of(1), dims: [1] } })).toBe(
    Number.POSITIVE_INFINITY,
  );
});

// test/shared/encoder/provider-chain.test.ts: which provider is chosen, what is said about the others, when the start is refused.
import { expect, test } from 'vitest';
import type { ProviderChoice } from '../../../shared/encoder/binding.ts';
import { chooseProvider, describeProvider } from '../../../shared/encoder/provider-chain.ts';
import { AppError } from '../../../shared/errors.ts';
import { type BindingDouble, createBindingDouble } from '../../support/binding-double.ts';

const choose = (binding: BindingDouble, choice: ProviderChoice) =>
  chooseProvider({ binding, model: new Uint8Array(1), choice });

test('auto takes CUDA when it loads and asks no other', async () => {
  const binding = createBindingDouble();
  const { report } = await choose(binding, 'auto');
  expect(report).toEqual({ asked: 'auto', provider: 'cuda', refused: [] });
  expect(binding.asked).toEqual(['cuda']);
});

test('auto goes on to WebGPU when CUDA cannot be loaded, and says why', async () => {
  const binding = createBindingDouble({ broken: { cuda: 'libcudart.so.13 not found' } });
  const { report } = await choose(binding, 'auto');
  expect(report.provider).toBe('webgpu');
  expect(report.refused).toEqual([{ provider: 'cuda', reason: 'libcudart.so.13 not found' }]);
});

test('auto ends on the CPU with a reason for each GPU provider, in order', async () => {
  const binding = createBindingDouble({ broken: { cuda: 'no card', webgpu: 'no adapter' } });
  const { report } = await choose(binding, 'auto');
  expect(report.provider).toBe('cpu');
  expect(describeProvider(report)).toBe(
    'encoder runs on cpu; cuda refused (no card); webgpu refused (no adapter)',
  );
});

test.each(['cuda', 'webgpu'] as const)('%s asked for by name and absent stops the start', async (choice) => {
  const binding = createBindingDouble({ broken: { [choice]: 'absent' } });
  const start = choose(binding, choice);
  await expect(start).rejects.toBeInstanceOf(AppError);
  await expect(start).rejects.toMatchObject({ code: 'FRAUD_PROVIDER_UNAVAILABLE' });
  await expect(start).rejects.toThrow(`${choice}: absent`);
  expect(binding.asked).toEqual([choice]);
});

test('cpu asked for by name does not touch a GPU that is there', async () => {
  const binding = createBindingDouble();
  expect((await choose(binding, 'cpu')).report.provider).toBe('cpu');
  expect(binding.asked).toEqual(['cpu']);
});

test('a session that fails its proof is released and the next provider is tried', async () => {
  const binding = createBindingDouble();
  const { report } = await chooseProvider({
    binding,
    model: new Uint8Array(1),
    choice: 'auto',
    prove: async (_session, provider) => {
      if (provider === 'cuda') throw new Error('out of memory');
    },
  });
  expect(report).toEqual({
    asked: 'auto',
    provider: 'webgpu',
    refused: [{ provider: 'cuda', reason: 'out of memory' }],
  });
  expect(binding.openSessions()).toBe(1);
});

test('a graph that not even the CPU can load is called invalid, with what each provider said', async () => {
  const binding = createBindingDouble({ broken: { cuda: 'a', webgpu: 'b', cpu: 'broken model' } });
  const start = choose(binding, 'auto');
  await expect(start).rejects.toMatchObject({ code: 'FRAUD_MODEL_INVALID' });
  await expect(start).rejects.toThrow('cuda: a; webgpu: b; cpu: broken model');
});

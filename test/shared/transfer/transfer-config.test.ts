// test/shared/transfer/transfer-config.test.ts: a transfer's settings have defaults, and every mistake is named.
import { expect, test } from 'vitest';
import {
  isAdapting,
  isFineTuning,
  parseTransferConfig,
  techniques,
} from '../../../shared/transfer/transfer-config.ts';

test('the technique is all that has to be said', () => {
  const config = parseTransferConfig({ technique: 'fine-tuning' });
  expect(config).toMatchObject({ encoder: 'small', head: 'auto', windows: { labelDelayDays: 7 } });
  expect(config.fineTuning.lastLayers).toBe('all');
});

test('several mistakes are named at once, unknown settings among them', () => {
  const wrong = { technique: 'magic', labelShare: 2, windows: { testFrom: 'tomorrow' }, colour: 'blue' };
  expect(() => parseTransferConfig(wrong)).toThrow(/technique[\s\S]*labelShare|labelShare[\s\S]*technique/);
  expect(() => parseTransferConfig(wrong)).toThrow(/testFrom/);
  expect(() => parseTransferConfig(wrong)).toThrow(/colour/);
});

test('each technique changes what its name says', () => {
  const changes = techniques.map((technique) => {
    const config = parseTransferConfig({ technique });
    return [technique, isAdapting(config), isFineTuning(config)];
  });
  expect(changes).toEqual([
    ['feature-extraction', false, false],
    ['fine-tuning', false, true],
    ['domain-adaptation', true, false],
    ['adaptation-and-fine-tuning', true, true],
  ]);
});

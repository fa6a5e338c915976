// test/shared/encoder-import/static-checks.test.ts: what is refused without being run, each for its own reason.
import { expect, test } from 'vitest';
import { checkStatically } from '../../../shared/encoder-import/static-checks.ts';
import { AppError } from '../../../shared/errors.ts';
import {
  honest,
  makeManifest,
  makeModel,
  withCustomOperator,
  withExternalData,
  withHugeShape,
  withLoop,
  withLyingShape,
  withOldOperators,
} from './foreign-models.ts';

function refusalOf(model: Uint8Array, manifest = makeManifest(model)): unknown {
  try {
    checkStatically(model, manifest);
  } catch (error) {
    return error instanceof AppError && error.code === 'FRAUD_ENCODER_REFUSED' ? error.facts.reason : error;
  }
  return 'taken';
}

const model = makeModel(honest);
const manifest = makeManifest(model);

test('an honest model is taken', () => {
  expect(refusalOf(model)).toBe('taken');
});

test.each([
  ['another file than the manifest was written for', 'digest', makeModel(honest, 18n), manifest],
  ['half a file', 'no-onnx', model.subarray(0, model.length / 2), undefined],
  ['something else', 'no-onnx', new TextEncoder().encode('{"not": "onnx"}'), undefined],
  ['an empty file', 'no-onnx', new Uint8Array(0), undefined],
  ['operators of a decade ago', 'operator-set', withOldOperators(), undefined],
  ['an operator of somebody', 'custom-operator', withCustomOperator(), undefined],
  ['a loop', 'control-flow', withLoop(), undefined],
  ['weights in another file', 'external-data', withExternalData('weights.bin'), undefined],
  ['weights in a file of the system', 'external-data', withExternalData('../../../../etc/passwd'), undefined],
  ['a tensor that holds less than it says', 'weights', withLyingShape(), undefined],
  ['a tensor of 2⁶² values', 'too-large', withHugeShape(), undefined],
] as const)('%s is refused: %s', (_, reason, bytes, given) => {
  expect(refusalOf(bytes, given ?? makeManifest(bytes))).toBe(reason);
});

test('inputs and outputs that the manifest does not tell right are refused by name', () => {
  const inputs = { channels: { name: 'y', fields: ['gap'] } };
  expect(refusalOf(model, makeManifest(model, { inputs }))).toBe('inputs');
  expect(refusalOf(model, makeManifest(model, { outputs: { embedding: { name: 'z', size: 6 } } }))).toBe(
    'outputs',
  );
});

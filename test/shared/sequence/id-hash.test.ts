// test/shared/sequence/id-hash.test.ts: hashes are the published xxHash, the same for ever.
import { expect, test } from 'vitest';
import { hashMerchant, hashTransactionId } from '../../../shared/sequence/id-hash.ts';

test('transaction ids hash to the published 64-bit xxHash', () => {
  // XXH64 of the empty input and of "a", seed 0: xxHash's own test vectors.
  expect(hashTransactionId('')).toEqual({ idLow: 0x51d8e999, idHigh: 0xef46db37 });
  expect(hashTransactionId('a')).toEqual({ idLow: 0xa98c6e5b, idHigh: 0xd24ec4f1 });
});

test('merchant keys never hash to the number that means missing', () => {
  for (let index = 0; index < 1000; index += 1) expect(hashMerchant(`merchant-${index}`)).toBeGreaterThan(0);
});

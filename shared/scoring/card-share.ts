// shared/scoring/card-share.ts: cards chosen by hash: a card stays on its side, in every process, for as long as the purpose and share stay.
import xxhash from 'xxhash-wasm';

const { h32 } = await xxhash();

/**
 * True for `share` of all cards. Cards chosen at a smaller share are chosen at a larger one, too.
 * @param purpose sides of different purposes are independent
 * @param share 0 … 1
 */
export function isInShare(
  purpose: string,
  card: { readonly portfolioId: string; readonly cardToken: string },
  share: number,
): boolean {
  return share > 0 && h32(`${purpose}|${card.portfolioId}|${card.cardToken}`) < share * 2 ** 32;
}

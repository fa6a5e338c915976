// shared/features/card-sample.ts: the first amounts of a bounded, order-independent sample of cards, from which the typical card level is measured.
import { hashMerchant } from '../sequence/id-hash.ts';

/** Amounts in major units of one sampled card, oldest first, each with its currency. */
export interface SampledCard {
  readonly amounts: readonly number[];
  readonly currencies: readonly string[];
}

/** Collects amounts of the cards whose hash falls below a limit; the limit halves whenever there are too many. */
export interface CardSample {
  add(cardToken: string, major: number, currency: string): void;
  cards(): Iterable<SampledCard>;
}

/**
 * @param mostCards cards kept at most (the sample ends up between half of it and all of it)
 * @param amountsPerCard amounts kept of each
 */
export function createCardSample(mostCards = 8_192, amountsPerCard = 64): CardSample {
  const sampled = new Map<string, { hash: number; amounts: number[]; currencies: string[] }>();
  let limit = 2 ** 32;

  function halve(): void {
    limit /= 2;
    for (const [token, card] of sampled) if (card.hash >= limit) sampled.delete(token);
  }

  return {
    add(cardToken, major, currency) {
      let card = sampled.get(cardToken);
      if (card === undefined) {
        const hash = hashMerchant(cardToken);
        if (hash >= limit) return;
        card = { hash, amounts: [], currencies: [] };
        sampled.set(cardToken, card);
        if (sampled.size > mostCards) halve();
      }
      if (card.amounts.length >= amountsPerCard) return;
      card.amounts.push(major);
      card.currencies.push(currency);
    },
    cards: () => sampled.values(),
  };
}

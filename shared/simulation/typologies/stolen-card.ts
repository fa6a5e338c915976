// shared/simulation/typologies/stolen-card.ts: a card taken from a pocket: a small try, then goods that resell, until it is blocked.
import type { Cardholder } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import { drawCount, drawTarget, drawVictim, MINUTE_MS, payInPerson, untilHours } from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const everyday = categoriesFor('everyday').filter((category) => category.onlineShare < 0.2);
const resale = categoriesFor('resale').filter((category) => category.onlineShare < 0.6);
/** Just below the usual limit for paying without a PIN, euro. */
const BELOW_LIMIT_EURO = 46;

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random } = scene;
  const usesContactless = random.chance(0.65);
  const knowsPin = random.chance(0.3) ? 0.95 : 0.05;
  const count = drawCount(random, 6, 16);
  for (let act = 0; act < count; act += 1) {
    const isTry = act === 0 && random.chance(0.6);
    yield {
      afterMs: act === 0 ? 0 : random.exponential(35 * MINUTE_MS) + 2 * MINUTE_MS,
      pay: (timeMs) => {
        const merchant = drawTarget(
          scene,
          isTry || (usesContactless && random.chance(0.5)) ? everyday : resale,
          person.home,
          timeMs,
        );
        const median = isTry
          ? 6
          : usesContactless
            ? BELOW_LIMIT_EURO * 0.7
            : merchant.category.medianEuro * (1.1 + 0.15 * act);
        const euro = random.logNormal(median, usesContactless ? 0.3 : 0.7);
        const isTapped = isTry || (usesContactless && euro < BELOW_LIMIT_EURO);
        return payInPerson(scene, {
          merchant,
          euro,
          entryMode: isTapped ? 'contactless' : 'chip',
          knowsPin,
          declined: isTapped ? 0.06 : 0.2,
        });
      },
    };
  }
}

export const stolenCard: Typology = {
  name: 'stolen-card',
  fraudType: 'stolen',
  shares: { mixed: 0.18, 'card-not-present': 0, 'point-of-sale': 0.5 },
  expectedTransactions: 4.4,
  caughtPerStep: 0.07,
  neverKnownShare: 0.03,
  isFirstParty: false,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [9, 21]), steps: steps(scene, person) }];
  },
};

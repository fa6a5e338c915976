// shared/simulation/typologies/wallet-takeover.ts: a card enrolled in a stranger's phone: one tap a day, for gift cards and at corner shops of the cardholder's own town, small amounts.
import type { Cardholder } from '../cardholder.ts';
import { categories } from '../categories.ts';
import { HOUR_MS } from '../rhythm.ts';
import { drawCount, drawTarget, drawVictim, payByPhone, strangersDevice, untilHours } from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

/** What is as good as cash; and what any corner shop sells and anybody buys. */
const giftCards = categories.filter(({ mcc }) => mcc === '5947');
const everyday = categories.filter(({ mcc }) => ['5499', '5921', '5993'].includes(mcc));
const GIFT_CARD_SHARE = 0.7;

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random } = scene;
  const device = strangersDevice(random);
  const count = drawCount(random, 7, 16);
  for (let act = 0; act < count; act += 1) {
    yield {
      afterMs: act === 0 ? 0 : random.exponential(16 * HOUR_MS) + 4 * HOUR_MS,
      pay: (timeMs) => {
        const merchant = drawTarget(
          scene,
          random.chance(GIFT_CARD_SHARE) ? giftCards : everyday,
          person.home,
          timeMs,
        );
        return payByPhone(scene, {
          merchant,
          euro: merchant.category.medianEuro * random.logNormal(1.3, 0.5),
          device,
          declined: 0.03,
        });
      },
    };
  }
}

/**
 * The wave of a later year: none of the shipped models has seen it, no portfolio has it unless a phase names it.
 */
export const walletTakeover: Typology = {
  name: 'wallet-takeover',
  fraudType: 'account-takeover',
  shares: { mixed: 0.2, 'card-not-present': 0, 'point-of-sale': 0.2 },
  expectedTransactions: 4.9,
  caughtPerStep: 0.02,
  neverKnownShare: 0.05,
  isFirstParty: false,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [7, 23]), steps: steps(scene, person) }];
  },
};

// shared/simulation/typologies/account-takeover.ts: someone else logs in from a new device, then pays and transfers as the owner, checks passed.
import type { Cardholder } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import {
  drawCount,
  drawTarget,
  drawThiefCountry,
  drawVictim,
  MINUTE_MS,
  payRemotely,
  strangersDevice,
  untilHours,
} from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const goods = categoriesFor('resale').filter((category) => category.onlineShare > 0.15);
const transfers = categoriesFor('transfer');
const smallThings = categoriesFor('small-digital');

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random, directory } = scene;
  const device = strangersDevice(random);
  const ipCountry = drawThiefCountry(scene, person, 0.65);
  const count = drawCount(random, 4, 10);
  const startsSmall = random.chance(0.5);
  for (let act = 0; act < count; act += 1) {
    const isProbe = act === 0 && startsSmall;
    yield {
      afterMs: act === 0 ? 0 : random.exponential(40 * MINUTE_MS) + 2 * MINUTE_MS,
      pay: (timeMs) => {
        const isTransfer = !isProbe && random.chance(0.3);
        const merchant = drawTarget(
          scene,
          isProbe ? smallThings : isTransfer ? transfers : goods,
          directory.web,
          timeMs,
        );
        return payRemotely(scene, {
          merchant,
          euro: isProbe
            ? random.logNormal(3, 0.6)
            : random.logNormal(merchant.category.medianEuro * 1.7, 0.65),
          entryMode: random.chance(0.25) ? 'wallet' : 'ecommerce',
          device,
          ipCountry,
          declined: 0.08,
          wrongData: 0.02,
          passesThreeDSecure: 0.9,
          ...(isTransfer ? { type: 'transfer' as const } : {}),
        });
      },
    };
  }
}

export const accountTakeover: Typology = {
  name: 'account-takeover',
  fraudType: 'account-takeover',
  shares: { mixed: 0.15, 'card-not-present': 0.2, 'point-of-sale': 0 },
  expectedTransactions: 3.4,
  caughtPerStep: 0.06,
  neverKnownShare: 0.05,
  isFirstParty: false,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [0, 24]), steps: steps(scene, person) }];
  },
};

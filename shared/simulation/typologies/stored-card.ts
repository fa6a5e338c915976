// shared/simulation/typologies/stored-card.ts: fraud with cards stored at web shops: known merchant, nothing to type, goods sent elsewhere.
import { type Cardholder, deviceOf } from '../cardholder.ts';
import { categories } from '../categories.ts';
import type { Merchant } from '../merchants.ts';
import { HOUR_MS } from '../rhythm.ts';
import {
  drawCount,
  drawThiefCountry,
  drawVictim,
  MINUTE_MS,
  payRemotely,
  strangersDevice,
  untilHours,
} from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const shops = categories.filter((category) =>
  ['5399', '5651', '5732', '5816', '5964', '4722', '5814', '7922'].includes(category.mcc),
);

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random, directory } = scene;
  const category = shops[random.integer(shops.length)];
  if (!category) return;
  const shop: Merchant = directory.favourite(person.seed, directory.web, category, 0);
  const device = random.chance(0.6)
    ? strangersDevice(random)
    : deviceOf(person.seed, person.deviceGeneration);
  const ipCountry = drawThiefCountry(scene, person, 0.75);
  const count = drawCount(random, 4.5, 10);
  for (let act = 0; act < count; act += 1) {
    const isQuick = random.chance(0.6);
    yield {
      afterMs:
        act === 0
          ? 0
          : isQuick
            ? random.exponential(8 * MINUTE_MS) + 30_000
            : random.exponential(7 * HOUR_MS),
      pay: () =>
        payRemotely(scene, {
          merchant: shop,
          euro: random.logNormal(category.medianEuro * 2.2, 0.6),
          entryMode: 'credential-on-file',
          device,
          ipCountry,
          declined: 0.07,
          wrongData: 0.02,
          passesThreeDSecure: 0.3,
        }),
    };
  }
}

export const storedCard: Typology = {
  name: 'stored-card',
  fraudType: 'unauthorized-use',
  shares: { mixed: 0.12, 'card-not-present': 0.2, 'point-of-sale': 0 },
  expectedTransactions: 3.6,
  caughtPerStep: 0.05,
  neverKnownShare: 0.12,
  isFirstParty: false,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [0, 24]), steps: steps(scene, person) }];
  },
};

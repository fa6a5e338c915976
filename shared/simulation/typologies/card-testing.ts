// shared/simulation/typologies/card-testing.ts: bought card numbers are tried with tiny sums at one merchant; those that work are cashed out later.
import type { Cardholder } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import type { Merchant } from '../merchants.ts';
import { DAY_MS } from '../rhythm.ts';
import {
  drawCount,
  drawLoot,
  drawTarget,
  drawThiefCountry,
  drawVictim,
  MINUTE_MS,
  payRemotely,
  strangersDevice,
} from './thief.ts';
import type { FraudEpisode, FraudScene, FraudStep, Typology } from './typology.ts';

const testSites = categoriesFor('small-digital');
const cashOutSites = categoriesFor('resale').filter((category) => category.onlineShare > 0.15);

interface Campaign {
  readonly tester: Merchant;
  readonly device: string;
}

function* steps(scene: FraudScene, person: Cardholder, campaign: Campaign): Generator<FraudStep> {
  const { random, directory } = scene;
  const ipCountry = drawThiefCountry(scene, person, 0.5);
  const tries = drawCount(random, 1.7, 4);
  for (let act = 0; act < tries; act += 1) {
    yield {
      afterMs: act === 0 ? 0 : random.exponential(1.5 * MINUTE_MS) + 3_000,
      pay: () =>
        payRemotely(scene, {
          merchant: campaign.tester,
          euro: random.logNormal(1.8, 0.7),
          entryMode: 'ecommerce',
          device: campaign.device,
          ipCountry,
          declined: 0.3,
          wrongData: 0.15,
          passesThreeDSecure: 0.1,
        }),
    };
  }
  if (!random.chance(0.6)) return;
  const device = strangersDevice(random);
  const purchases = drawCount(random, 3.2, 9);
  for (let act = 0; act < purchases; act += 1) {
    yield {
      afterMs:
        act === 0
          ? random.exponential(1.5 * DAY_MS) + 20 * MINUTE_MS
          : random.exponential(14 * MINUTE_MS) + MINUTE_MS,
      pay: (timeMs) => {
        const merchant = drawLoot(scene, cashOutSites, directory.web, timeMs);
        return payRemotely(scene, {
          merchant,
          euro: random.logNormal(merchant.category.medianEuro * 1.9, 0.6),
          entryMode: 'ecommerce',
          device,
          ipCountry,
          declined: 0.15,
          wrongData: 0.06,
          passesThreeDSecure: 0.15,
        });
      },
    };
  }
}

export const cardTesting: Typology = {
  name: 'card-testing',
  fraudType: 'unauthorized-use',
  shares: { mixed: 0.2, 'card-not-present': 0.27, 'point-of-sale': 0 },
  expectedTransactions: 19,
  caughtPerStep: 0.05,
  neverKnownShare: 0.12,
  isFirstParty: false,
  begin: (scene) => {
    const { random, directory } = scene;
    const campaign = {
      tester: drawTarget(scene, testSites, directory.web, scene.timeMs),
      device: strangersDevice(random),
    };
    const episodes: FraudEpisode[] = [];
    const cards = drawCount(random, 6, 25);
    let startsAfterMs = random.exponential(6 * 60 * MINUTE_MS);
    for (let card = 0; card < cards; card += 1) {
      const person = drawVictim(scene);
      startsAfterMs += random.exponential(4 * MINUTE_MS);
      if (person) episodes.push({ person, startsAfterMs, steps: steps(scene, person, campaign) });
    }
    return episodes;
  },
};

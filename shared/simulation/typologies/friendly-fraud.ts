// shared/simulation/typologies/friendly-fraud.ts: a purchase by the cardholder that is disputed months later; hardly to be told from any other.
import { type Cardholder, deviceOf } from '../cardholder.ts';
import { categories } from '../categories.ts';
import { DAY_MS } from '../rhythm.ts';
import { drawCount, drawTarget, drawVictim, payRemotely, untilHours } from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const disputed = categories.filter((category) =>
  ['5816', '5732', '5651', '5661', '4511', '4722', '7922', '5399', '7995'].includes(category.mcc),
);

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random, directory } = scene;
  const count = drawCount(random, 1.4, 4);
  for (let act = 0; act < count; act += 1) {
    yield {
      afterMs: act === 0 ? 0 : random.exponential(4 * DAY_MS),
      pay: (timeMs) => {
        const merchant = drawTarget(scene, disputed, directory.web, timeMs);
        return payRemotely(scene, {
          merchant,
          euro: random.logNormal(merchant.category.medianEuro * 1.2, 0.8),
          entryMode: random.chance(0.5) ? 'credential-on-file' : 'ecommerce',
          device: deviceOf(person.seed, person.deviceGeneration),
          ipCountry: person.home.country.code,
          declined: 0,
          wrongData: 0,
          passesThreeDSecure: 1,
        });
      },
    };
  }
}

export const friendlyFraud: Typology = {
  name: 'friendly-fraud',
  fraudType: 'friendly-fraud',
  shares: { mixed: 0.05, 'card-not-present': 0.08, 'point-of-sale': 0 },
  expectedTransactions: 1.5,
  caughtPerStep: 0,
  neverKnownShare: 0,
  isFirstParty: true,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [8, 24]), steps: steps(scene, person) }];
  },
};

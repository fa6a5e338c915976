// shared/simulation/typologies/bust-out.ts: an account built up patiently, then emptied to its limit within days and abandoned.
import { type Cardholder, deviceOf } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import { DAY_MS, HOUR_MS } from '../rhythm.ts';
import { drawCount, drawLoot, drawVictim, MINUTE_MS, payInPerson, payRemotely } from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const goods = categoriesFor('resale');
const cash = categoriesFor('cash');
/** Weeks of slowly growing, well-behaved spending before the end. */
const BUILD_UP_DAYS = [12, 35] as const;

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random, traits, directory } = scene;
  const count = drawCount(random, 10, 24);
  for (let act = 0; act < count; act += 1) {
    yield {
      afterMs:
        act === 0
          ? 0
          : random.chance(0.7)
            ? random.exponential(35 * MINUTE_MS)
            : random.exponential(14 * HOUR_MS),
      pay: (timeMs) => {
        const isRemote =
          traits.domain === 'card-not-present' || (traits.domain === 'mixed' && random.chance(0.5));
        const choices = random.chance(0.3) ? cash : goods;
        const merchant = drawLoot(scene, choices, isRemote ? directory.web : person.home, timeMs);
        const euro = random.logNormal(merchant.category.medianEuro * (2 + act * 0.14), 0.6);
        const declined = 0.04 + 0.02 * act;
        if (isRemote) {
          return payRemotely(scene, {
            merchant,
            euro,
            entryMode: 'ecommerce',
            device: deviceOf(person.seed, person.deviceGeneration),
            ipCountry: person.home.country.code,
            declined,
            wrongData: 0.01,
            passesThreeDSecure: 1,
          });
        }
        const entryMode = merchant.category.mcc === '6011' ? 'atm' : 'chip';
        return payInPerson(scene, { merchant, euro, entryMode, knowsPin: 0.99, declined });
      },
    };
  }
}

export const bustOut: Typology = {
  name: 'bust-out',
  fraudType: 'fraudulent-application',
  shares: { mixed: 0.08, 'card-not-present': 0.05, 'point-of-sale': 0.12 },
  expectedTransactions: 7.6,
  caughtPerStep: 0.03,
  neverKnownShare: 0.2,
  isFirstParty: true,
  abandonsAccount: true,
  begin: (scene) => {
    const { random } = scene;
    const person = drawVictim(scene);
    if (!person) return [];
    const buildUpMs = random.between(...BUILD_UP_DAYS) * DAY_MS;
    person.eagerness = random.between(1.2, 1.7);
    return [{ person, startsAfterMs: buildUpMs, steps: steps(scene, person) }];
  },
};

// shared/simulation/typologies/compromised-terminal.ts: a terminal (or web shop) leaks the cards used there; copies are cashed out weeks later at a few places.
import type { Cardholder } from '../cardholder.ts';
import { categories, categoriesFor } from '../categories.ts';
import type { Merchant } from '../merchants.ts';
import { DAY_MS } from '../rhythm.ts';
import {
  drawCount,
  drawLoot,
  drawThiefCountry,
  drawVictim,
  MINUTE_MS,
  payInPerson,
  payRemotely,
  strangersDevice,
} from './thief.ts';
import type { FraudEpisode, FraudScene, FraudStep, Typology } from './typology.ts';

const skimmed = categories.filter((category) =>
  ['5541', '5542', '6011', '5812', '4111', '5411'].includes(category.mcc),
);
const breached = categories.filter((category) =>
  ['5399', '5651', '5964', '5816', '4111', '5814'].includes(category.mcc),
);
const cashOutPlaces = categories.filter((category) =>
  ['6011', '5732', '5311', '5947', '5411'].includes(category.mcc),
);
const cashOutSites = categoriesFor('resale').filter((category) => category.onlineShare > 0.15);
const CUSTOMERS_LOOKED_AT = 400;
const FAVOURITES = 3;

/** People who are regulars of the leaking merchant: found by asking, remembered by nobody. */
function customersOf(scene: FraudScene, leak: Merchant, wanted: number): Cardholder[] {
  const { random, people, directory } = scene;
  const customers = new Set<Cardholder>();
  for (let look = 0; look < CUSTOMERS_LOOKED_AT && customers.size < wanted; look += 1) {
    const person = people[random.integer(people.length)];
    if (!person || person.blockedUntilMs >= scene.timeMs) continue;
    const place = leak.isOnline ? directory.web : person.home;
    for (let rank = 0; rank < FAVOURITES; rank += 1) {
      if (directory.favourite(person.seed, place, leak.category, rank) === leak) customers.add(person);
    }
  }
  return [...customers];
}

function* steps(scene: FraudScene, person: Cardholder, outlets: readonly Merchant[]): Generator<FraudStep> {
  const { random } = scene;
  const count = drawCount(random, 3.5, 9);
  const device = strangersDevice(random);
  const ipCountry = drawThiefCountry(scene, person, 0.55);
  for (let act = 0; act < count; act += 1) {
    yield {
      afterMs: act === 0 ? 0 : random.exponential(12 * MINUTE_MS) + 40_000,
      pay: () => {
        const merchant = outlets[random.integer(outlets.length)] as Merchant;
        const euro = random.logNormal(merchant.category.medianEuro * 2, 0.55);
        if (merchant.isOnline) {
          return payRemotely(scene, {
            merchant,
            euro,
            entryMode: 'ecommerce',
            device,
            ipCountry,
            declined: 0.12,
            wrongData: 0.04,
            passesThreeDSecure: 0.1,
          });
        }
        const isCash = merchant.category.mcc === '6011';
        return payInPerson(scene, {
          merchant,
          euro,
          entryMode: isCash ? 'atm' : 'magstripe',
          knowsPin: 0.8,
          declined: 0.15,
        });
      },
    };
  }
}

function drawOutlets(scene: FraudScene): Merchant[] {
  const { random, directory, traits } = scene;
  const isRemote = traits.domain === 'card-not-present' || (traits.domain === 'mixed' && random.chance(0.4));
  const home = directory.homePlaces[random.integer(directory.homePlaces.length)]?.place ?? directory.web;
  const abroad = directory.tripPlaces[random.integer(directory.tripPlaces.length)] ?? home;
  const place = isRemote ? directory.web : random.chance(0.6) ? home : abroad;
  return [0, 1, 2].map(() => drawLoot(scene, isRemote ? cashOutSites : cashOutPlaces, place, scene.timeMs));
}

export const compromisedTerminal: Typology = {
  name: 'compromised-terminal',
  fraudType: 'counterfeit',
  shares: { mixed: 0.17, 'card-not-present': 0.17, 'point-of-sale': 0.35 },
  expectedTransactions: 21,
  caughtPerStep: 0.08,
  neverKnownShare: 0.08,
  isFirstParty: false,
  begin: (scene) => {
    const { random, directory, traits } = scene;
    const patron = drawVictim(scene);
    if (!patron) return [];
    const isWeb = traits.domain === 'card-not-present' || (traits.domain === 'mixed' && random.chance(0.3));
    const choices = isWeb ? breached : skimmed;
    const category = choices[random.integer(choices.length)];
    if (!category) return [];
    const leak = directory.favourite(patron.seed, isWeb ? directory.web : patron.home, category, 0);
    const outlets = drawOutlets(scene);
    const cashOutAfterMs = random.between(5, 35) * DAY_MS;
    return customersOf(scene, leak, drawCount(random, 8, 25)).map(
      (person): FraudEpisode => ({
        person,
        startsAfterMs: cashOutAfterMs + random.exponential(1.5 * DAY_MS),
        steps: steps(scene, person, outlets),
      }),
    );
  },
};

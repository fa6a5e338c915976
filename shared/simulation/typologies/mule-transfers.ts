// shared/simulation/typologies/mule-transfers.ts: money sent on in a hurry: several transfers to new payees, sums split, the rest drawn as cash.
import { type Cardholder, deviceOf } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import { HOUR_MS } from '../rhythm.ts';
import {
  drawCount,
  drawTarget,
  drawVictim,
  MINUTE_MS,
  payRemotely,
  strangersDevice,
  untilHours,
} from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const payees = categoriesFor('transfer');

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random, directory } = scene;
  const total = random.logNormal(1100, 0.7);
  const count = drawCount(random, 4, 9);
  const isRemoteControlled = random.chance(0.35);
  const device = isRemoteControlled
    ? strangersDevice(random)
    : deviceOf(person.seed, person.deviceGeneration);
  for (let act = 0; act < count; act += 1) {
    yield {
      afterMs:
        act === 0
          ? 0
          : random.chance(0.7)
            ? random.exponential(18 * MINUTE_MS) + MINUTE_MS
            : random.exponential(9 * HOUR_MS),
      pay: (timeMs) =>
        payRemotely(scene, {
          merchant: drawTarget(scene, payees, directory.web, timeMs),
          euro: (total / count) * random.logNormal(0.9, 0.3),
          entryMode: 'ecommerce',
          device,
          ipCountry: person.home.country.code,
          declined: 0.06,
          wrongData: 0.01,
          passesThreeDSecure: 1,
          type: 'transfer',
        }),
    };
  }
}

export const muleTransfers: Typology = {
  name: 'mule-transfers',
  fraudType: 'account-takeover',
  shares: { mixed: 0.06, 'card-not-present': 0.06, 'point-of-sale': 0 },
  expectedTransactions: 3.4,
  caughtPerStep: 0.05,
  neverKnownShare: 0.15,
  isFirstParty: true,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [8, 23]), steps: steps(scene, person) }];
  },
};

// shared/simulation/typologies/account-takeover.ts: someone else logs in from a new device, then pays and transfers as the owner, checks passed.
import type { Cardholder } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import type { Purchase } from '../purchase.ts';
import {
  drawCount,
  drawLoot,
  drawTarget,
  drawThiefCountry,
  drawVictim,
  MINUTE_MS,
  payRemotely,
  type RemoteAct,
  strangersDevice,
  untilHours,
} from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const goods = categoriesFor('resale').filter((category) => category.onlineShare > 0.15);
const transfers = categoriesFor('transfer');
const smallThings = categoriesFor('small-digital');

interface Intruder {
  readonly device: string;
  readonly ipCountry: string;
}

/** A small thing first, to see whether the account answers. */
function probe(scene: FraudScene, intruder: Intruder, timeMs: number): Purchase {
  const merchant = drawTarget(scene, smallThings, scene.directory.web, timeMs);
  return pay(scene, intruder, { merchant, euro: scene.random.logNormal(3, 0.6) });
}

/** Goods, or money sent to an account of the intruder's. */
function take(scene: FraudScene, intruder: Intruder, timeMs: number): Purchase {
  const { random, directory } = scene;
  const isTransfer = random.chance(0.3);
  const merchant = isTransfer
    ? drawTarget(scene, transfers, directory.web, timeMs)
    : drawLoot(scene, goods, directory.web, timeMs);
  const euro = random.logNormal(merchant.category.medianEuro * 2.1, 0.65);
  return pay(scene, intruder, { merchant, euro, ...(isTransfer ? { type: 'transfer' } : {}) });
}

function pay(
  scene: FraudScene,
  intruder: Intruder,
  order: Pick<RemoteAct, 'merchant' | 'euro' | 'type'>,
): Purchase {
  return payRemotely(scene, {
    ...order,
    ...intruder,
    entryMode: scene.random.chance(0.25) ? 'wallet' : 'ecommerce',
    declined: 0.08,
    wrongData: 0.02,
    passesThreeDSecure: 0.9,
  });
}

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random } = scene;
  const intruder = { device: strangersDevice(random), ipCountry: drawThiefCountry(scene, person, 0.65) };
  const count = drawCount(random, 5, 12);
  const startsSmall = random.chance(0.5);
  for (let act = 0; act < count; act += 1) {
    yield {
      afterMs: act === 0 ? 0 : random.exponential(22 * MINUTE_MS) + MINUTE_MS,
      pay: (timeMs) =>
        act === 0 && startsSmall ? probe(scene, intruder, timeMs) : take(scene, intruder, timeMs),
    };
  }
}

export const accountTakeover: Typology = {
  name: 'account-takeover',
  fraudType: 'account-takeover',
  shares: { mixed: 0.15, 'card-not-present': 0.2, 'point-of-sale': 0 },
  expectedTransactions: 3.9,
  caughtPerStep: 0.06,
  neverKnownShare: 0.05,
  isFirstParty: false,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [0, 24]), steps: steps(scene, person) }];
  },
};

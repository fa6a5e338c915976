// shared/simulation/typologies/stolen-card.ts: a card taken from a pocket: a small try, then goods that resell, until it is blocked.
import type { Cardholder } from '../cardholder.ts';
import { categoriesFor } from '../categories.ts';
import type { Purchase } from '../purchase.ts';
import type { Random } from '../random.ts';
import { drawCount, drawLoot, drawTarget, drawVictim, MINUTE_MS, payInPerson, untilHours } from './thief.ts';
import type { FraudScene, FraudStep, Typology } from './typology.ts';

const everyday = categoriesFor('everyday').filter((category) => category.onlineShare < 0.2);
const resale = categoriesFor('resale').filter((category) => category.onlineShare < 0.6);
/** Just below the usual limit for paying without a PIN, euro. */
const BELOW_LIMIT_EURO = 46;
const TRY_EURO = 6;
/** Thieves who stop after one or two payments. */
const ONE_SHOT_SHARE = 0.25;

interface Thief {
  readonly person: Cardholder;
  readonly isTapping: boolean;
  readonly knowsPin: number;
}

function drawThief(random: Random, person: Cardholder): Thief {
  return { person, isTapping: random.chance(0.5), knowsPin: random.chance(0.3) ? 0.95 : 0.05 };
}

/** A sum small enough to be tapped. */
function tap(scene: FraudScene, thief: Thief, isTry: boolean, timeMs: number): Purchase {
  const { random } = scene;
  const choices = isTry || random.chance(0.5) ? everyday : resale;
  const merchant = drawTarget(scene, choices, thief.person.home, timeMs);
  const euro = Math.min(BELOW_LIMIT_EURO, random.logNormal(isTry ? TRY_EURO : BELOW_LIMIT_EURO * 0.7, 0.35));
  return payInPerson(scene, {
    merchant,
    euro,
    entryMode: 'contactless',
    knowsPin: thief.knowsPin,
    declined: 0.06,
  });
}

/** Larger goods by chip, growing bolder with each that works. */
function insert(scene: FraudScene, thief: Thief, boldness: number, timeMs: number): Purchase {
  const merchant = drawLoot(scene, resale, thief.person.home, timeMs);
  const euro = scene.random.logNormal(merchant.category.medianEuro * (2 + 0.25 * boldness), 0.7);
  return payInPerson(scene, { merchant, euro, entryMode: 'chip', knowsPin: thief.knowsPin, declined: 0.2 });
}

function* steps(scene: FraudScene, person: Cardholder): Generator<FraudStep> {
  const { random } = scene;
  const thief = drawThief(random, person);
  const startsSmall = random.chance(0.6);
  const count = random.chance(ONE_SHOT_SHARE) ? 1 + random.integer(2) : drawCount(random, 8, 18);
  for (let act = 0; act < count; act += 1) {
    const isTry = act === 0 && startsSmall;
    const isTapped = isTry || (thief.isTapping && random.chance(0.8));
    yield {
      afterMs: act === 0 ? 0 : random.exponential(13 * MINUTE_MS) + MINUTE_MS,
      pay: (timeMs) => (isTapped ? tap(scene, thief, isTry, timeMs) : insert(scene, thief, act, timeMs)),
    };
  }
}

export const stolenCard: Typology = {
  name: 'stolen-card',
  fraudType: 'stolen',
  shares: { mixed: 0.18, 'card-not-present': 0, 'point-of-sale': 0.5 },
  expectedTransactions: 4.6,
  caughtPerStep: 0.05,
  neverKnownShare: 0.03,
  isFirstParty: false,
  begin: (scene) => {
    const person = drawVictim(scene);
    if (!person) return [];
    return [{ person, startsAfterMs: untilHours(scene, person.home, [9, 21]), steps: steps(scene, person) }];
  },
};

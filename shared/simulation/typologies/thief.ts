// shared/simulation/typologies/thief.ts: how thieves pay: places, amounts, devices and checks, shared by the typologies.
import type { EntryMode } from '../../domain/transaction.ts';
import { type Cardholder, deviceOf } from '../cardholder.ts';
import { type Category, categories } from '../categories.ts';
import { isOpen, type Merchant, type Place } from '../merchants.ts';
import { drawAuthentication } from '../payment-means.ts';
import { priceOf } from '../price.ts';
import { type Market, type Purchase, pickTerminal } from '../purchase.ts';
import type { Random } from '../random.ts';
import { DAY_MS, HOUR_MS, hourOf } from '../rhythm.ts';
import type { FraudScene } from './typology.ts';

export const MINUTE_MS = 60_000;

/** A payment in person by someone who holds the card. */
export interface InPersonAct {
  readonly merchant: Merchant;
  readonly euro: number;
  readonly entryMode: EntryMode;
  /** Chance that the PIN, where asked for, is known. */
  readonly knowsPin: number;
  readonly declined: number;
}

/** A payment at a distance by someone who holds card data. */
export interface RemoteAct {
  readonly merchant: Merchant;
  readonly euro: number;
  readonly entryMode: 'ecommerce' | 'credential-on-file' | 'wallet';
  readonly device: string | undefined;
  readonly ipCountry: string;
  readonly declined: number;
  /** Chances that the checks fail, and that 3-D Secure was passed by deceit. */
  readonly wrongData: number;
  readonly passesThreeDSecure: number;
  readonly type?: 'transfer';
}

export function payInPerson(market: Market, act: InPersonAct): Purchase {
  const { random } = market;
  const asksPin = act.entryMode === 'chip' || act.entryMode === 'atm';
  const knows = random.chance(act.knowsPin);
  return {
    type: 'authorization',
    merchant: act.merchant,
    terminal: pickTerminal(random, act.merchant),
    amountMinor: priceOf(random, act.euro, act.merchant.category, act.merchant.place.country),
    entryMode: act.entryMode,
    cardPresent: true,
    device: undefined,
    ipCountry: undefined,
    authentication: asksPin
      ? { pin: knows ? 'verified' : random.chance(0.4) ? 'failed' : 'not-performed' }
      : undefined,
    response: random.chance(act.declined) ? 'declined' : 'approved',
  };
}

/** A payment in person with somebody's phone. */
export interface PhoneAct {
  readonly merchant: Merchant;
  readonly euro: number;
  readonly device: string;
  readonly declined: number;
}

/** The phone has checked its own holder: the terminal asks for nothing. */
export function payByPhone(market: Market, act: PhoneAct): Purchase {
  const { random } = market;
  return {
    type: 'authorization',
    merchant: act.merchant,
    terminal: pickTerminal(random, act.merchant),
    amountMinor: priceOf(random, act.euro, act.merchant.category, act.merchant.place.country),
    entryMode: 'wallet',
    cardPresent: true,
    device: act.device,
    ipCountry: undefined,
    authentication: undefined,
    response: random.chance(act.declined) ? 'declined' : 'approved',
  };
}

export function payRemotely(market: Market, act: RemoteAct): Purchase {
  const { random } = market;
  const honest = drawAuthentication(market, act.entryMode);
  const isWrong = random.chance(act.wrongData);
  return {
    type: act.type ?? 'authorization',
    merchant: act.merchant,
    terminal: pickTerminal(random, act.merchant),
    amountMinor: priceOf(random, act.euro, act.merchant.category, act.merchant.place.country),
    entryMode: act.entryMode,
    cardPresent: false,
    device: act.device,
    ipCountry: act.ipCountry,
    authentication: honest && {
      cvv: isWrong && honest.cvv === 'match' ? 'mismatch' : honest.cvv,
      avs: isWrong ? 'mismatch' : honest.avs,
      threeDSecure:
        honest.threeDSecure === 'authenticated' && !random.chance(act.passesThreeDSecure)
          ? 'attempted'
          : honest.threeDSecure,
    },
    response: random.chance(act.declined) ? 'declined' : 'approved',
  };
}

/** A device nobody of the portfolio has used before. */
export function strangersDevice(random: Random): string {
  return deviceOf(random.integer(2 ** 31), 900 + random.integer(1000));
}

/** Someone whose card is usable at the scene's time. */
export function drawVictim(scene: FraudScene): Cardholder | undefined {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const person = scene.people[scene.random.integer(scene.people.length)];
    if (person && person.blockedUntilMs < scene.timeMs) return person;
  }
  return undefined;
}

/** Where the network address of a thief seems to be: often hidden behind one of the victim's country. */
export function drawThiefCountry(scene: FraudScene, person: Cardholder, hidden: number): string {
  const { random, traits } = scene;
  if (random.chance(hidden)) return person.home.country.code;
  return traits.destinations[random.integer(traits.destinations.length)]?.code ?? person.home.country.code;
}

/** One of `choices`, anywhere on the web or at a place; shops that are closed are tried once more. */
export function drawTarget(
  scene: FraudScene,
  choices: readonly Category[],
  place: Place,
  timeMs: number,
): Merchant {
  const { random, directory } = scene;
  const draw = () => directory.pick(random, place, choices[random.integer(choices.length)] as Category);
  const first = draw();
  const hour = hourOf(timeMs + place.country.utcOffsetHours * HOUR_MS);
  return first.isOnline || isOpen(first, hour) ? first : draw();
}

/** Share of loot bought where everybody buys: thieves eat, drive and shop at marketplaces, too. */
const ORDINARY_LOOT = 0.4;
const presentWeights = toCumulative((category) => category.weight * (1 - category.onlineShare));
const remoteWeights = toCumulative((category) => category.weight * category.onlineShare);

function toCumulative(weightOf: (category: Category) => number): number[] {
  let sum = 0;
  return categories.map((category) => {
    sum += category.roles.includes('subscription') ? 0 : weightOf(category);
    return sum;
  });
}

/** Where a thief spends: mostly on things that resell, often enough on what everybody buys. */
export function drawLoot(
  scene: FraudScene,
  choices: readonly Category[],
  place: Place,
  timeMs: number,
): Merchant {
  const { random, directory } = scene;
  if (!random.chance(ORDINARY_LOOT)) return drawTarget(scene, choices, place, timeMs);
  const weights = place === directory.web ? remoteWeights : presentWeights;
  const share = random.uniform() * (weights.at(-1) ?? 0);
  const category = categories[weights.findIndex((weight) => weight > share)] as Category;
  return drawTarget(scene, [category], place, timeMs);
}

/** Milliseconds until some moment between two local hours, today or tomorrow. */
export function untilHours(scene: FraudScene, place: Place, hours: readonly [number, number]): number {
  const local = scene.timeMs + place.country.utcOffsetHours * HOUR_MS;
  const midnight = Math.floor(local / DAY_MS) * DAY_MS;
  const moment = midnight + scene.random.between(hours[0], hours[1]) * HOUR_MS;
  return moment > local ? moment - local : moment + DAY_MS - local;
}

/** 1, 2, 3, … with mean `mean`, cut at `most`. */
export function drawCount(random: Random, mean: number, most: number): number {
  return Math.min(most, 1 + Math.floor(random.exponential(Math.max(0.1, mean - 0.5))));
}

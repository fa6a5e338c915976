// shared/simulation/merchants.ts: merchants and their terminals by place and category, found by popularity.
import type { Transaction } from '../domain/transaction.ts';
import { CATEGORY_KINDS, type Category, categories } from './categories.ts';
import { type Country, countries } from './countries.ts';
import type { PortfolioTraits } from './portfolio-traits.ts';
import { createRandom, mixBits, mixUnit, type Random, toLetters } from './random.ts';

type MerchantFields = NonNullable<Transaction['merchant']>;

/** A town, or the web. */
export interface Place {
  readonly index: number;
  readonly country: Country;
  readonly city: string;
}

/** Somewhere money goes. */
export interface Merchant {
  readonly index: number;
  readonly category: Category;
  readonly place: Place;
  readonly isOnline: boolean;
  /** ln of its prices against its category's. */
  readonly priceLevel: number;
  /** First and last hour of trade. */
  readonly opensAt: number;
  readonly closesAt: number;
  readonly acquirerId: string;
  /** `merchant` of its transactions, one per terminal. */
  readonly terminals: readonly MerchantFields[];
}

/** Who can be paid where. */
export interface MerchantDirectory {
  readonly merchants: readonly Merchant[];
  readonly homePlaces: readonly { place: Place; share: number }[];
  readonly tripPlaces: readonly Place[];
  readonly web: Place;
  /** Any merchant of a category at a place; popular ones come up more often (about Zipf). */
  pick(random: Random, place: Place, category: Category): Merchant;
  /** The `rank`-th own merchant of the person with this seed: always the same one, stored nowhere. */
  favourite(personSeed: number, place: Place, category: Category, rank: number): Merchant;
}

/** Popularity falls about as rank^(1/POPULARITY − 1): 2.2 gives the first of 100 merchants some 12 % of the trade. */
const POPULARITY = 2.2;
const FAVOURITE_POPULARITY = 1.5;

const openingHours: Record<string, readonly [number, number]> = {
  shop: [8, 20],
  morning: [6, 17],
  meal: [10, 23],
  evening: [15, 27],
  commute: [4, 25],
  office: [8, 18],
  any: [0, 24],
  online: [0, 24],
  night: [0, 24],
};

/** Whether a merchant trades at this hour; closing hours beyond midnight run into the next day. */
export function isOpen(merchant: Merchant, hour: number): boolean {
  return (hour >= merchant.opensAt && hour < merchant.closesAt) || hour + 24 < merchant.closesAt;
}

function createMerchant(
  traits: PortfolioTraits,
  random: Random,
  index: number,
  at: { place: Place; category: Category; isOnline: boolean },
): Merchant {
  const { place, category, isOnline } = at;
  const letters = toLetters(mixBits(traits.seed, index, 11));
  const [opens, closes] = isOnline ? [0, 24] : (openingHours[category.hours] ?? [0, 24]);
  const terminalCount = isOnline ? 1 : 1 + Math.floor(random.uniform() ** 2 * (category.weight > 4 ? 8 : 3));
  const shared: MerchantFields = {
    id: `m_${letters}`,
    mcc: category.mcc,
    country: place.country.code,
    ...(traits.fields.has('city') && !isOnline ? { city: place.city } : {}),
    ...(traits.fields.has('name') ? { name: `${category.name} ${letters.slice(0, 4)}` } : {}),
  };
  return {
    index,
    category,
    place,
    isOnline,
    priceLevel: random.normal() * 0.28,
    opensAt: opens === 0 ? 0 : opens + random.integer(3) - 1,
    closesAt: opens === 0 ? 24 : closes + random.integer(3) - 1,
    acquirerId: `acq_${place.country.code.toLowerCase()}${'abcdef'[random.integer(6)]}`,
    terminals: Array.from({ length: terminalCount }, (_, terminal) =>
      traits.fields.has('terminalId')
        ? { ...shared, terminalId: `t_${letters}${'abcdefgh'[terminal]}` }
        : shared,
    ),
  };
}

/** Where web shops sit: mostly at home, some in the large trading countries. */
function webPlaces(traits: PortfolioTraits): Place[] {
  const abroad = countries.filter((country) => ['US', 'IE', 'NL', 'GB', 'SG'].includes(country.code));
  const homes = traits.homes.map(({ country }) => country);
  return [...homes, ...homes, ...homes, ...abroad].map((country) => ({ index: 0, country, city: 'web' }));
}

function drawPlaces(traits: PortfolioTraits) {
  const homePlaces: { place: Place; share: number }[] = [];
  let index = 1;
  for (const { country, share } of traits.homes) {
    country.cities.forEach((city, rank) => {
      homePlaces.push({ place: { index, country, city }, share: share / (rank + 1) });
      index += 1;
    });
  }
  const tripPlaces = traits.destinations.map((country, offset) => ({
    index: index + offset,
    country,
    city: country.cities[0] ?? country.code,
  }));
  return { homePlaces, tripPlaces };
}

/** Builds every merchant of a portfolio; about one per six cards, never fewer than the towns need. */
export function createMerchantDirectory(traits: PortfolioTraits): MerchantDirectory {
  const random = createRandom(mixBits(traits.seed, 21));
  const { homePlaces, tripPlaces } = drawPlaces(traits);
  const web: Place = {
    index: 0,
    country: traits.homes[0]?.country ?? (countries[0] as Country),
    city: 'web',
  };
  const sites = webPlaces(traits);
  const merchants: Merchant[] = [];
  const pools: Merchant[][] = Array.from(
    { length: (1 + homePlaces.length + tripPlaces.length) * CATEGORY_KINDS },
    () => [],
  );
  const wanted = Math.min(50_000, Math.max(600, traits.cards / 6));
  const densities = categories.map((category) => category.weight ** 0.7);
  const densitySum = densities.reduce((sum, density) => sum + density, 0);

  function fill(place: Place, count: number): void {
    for (const category of categories) {
      const share = (densities[category.index] as number) / densitySum;
      const size = Math.max(place === web ? 3 : 2, Math.round(count * share));
      const pool = pools[place.index * CATEGORY_KINDS + category.index] as Merchant[];
      for (let rank = 0; rank < size; rank += 1) {
        const site = place === web ? (sites[random.integer(sites.length)] as Place) : place;
        const merchant = createMerchant(traits, random, merchants.length, {
          place: site,
          category,
          isOnline: place === web,
        });
        merchants.push(merchant);
        pool.push(merchant);
      }
    }
  }

  const shareSum = homePlaces.reduce((sum, { share }) => sum + share, 0);
  fill(web, wanted * 0.3);
  for (const { place, share } of homePlaces) fill(place, (wanted * share) / shareSum);
  for (const place of tripPlaces) fill(place, 120);

  const poolOf = (place: Place, category: Category) =>
    pools[place.index * CATEGORY_KINDS + category.index] as Merchant[];
  return {
    merchants,
    homePlaces,
    tripPlaces,
    web,
    pick: (from, place, category) => {
      const pool = poolOf(place, category);
      return pool[Math.floor(pool.length * from.uniform() ** POPULARITY)] as Merchant;
    },
    favourite: (personSeed, place, category, rank) => {
      const pool = poolOf(place, category);
      const share = mixUnit(personSeed, category.index + CATEGORY_KINDS * place.index, rank);
      return pool[Math.floor(pool.length * share ** FAVOURITE_POPULARITY)] as Merchant;
    },
  };
}

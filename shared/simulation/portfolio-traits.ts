// shared/simulation/portfolio-traits.ts: what makes one portfolio differ from another, all drawn from its seed.
import { type Country, countries } from './countries.ts';
import { createRandom, type Random } from './random.ts';

/** What kind of traffic a portfolio carries. */
export const domains = ['mixed', 'card-not-present', 'point-of-sale'] as const;
export type Domain = (typeof domains)[number];

/** Optional fields of a transaction a portfolio's systems may or may not deliver. */
export const optionalFields = [
  'terminalId',
  'city',
  'name',
  'accountId',
  'customerId',
  'acquirerId',
  'entryMode',
  'cardPresent',
  'authorizationResponse',
  'deviceId',
  'ipCountry',
  'cvv',
  'avs',
  'threeDSecure',
  'pin',
  'billing',
] as const;
export type OptionalField = (typeof optionalFields)[number];

/** Shares are 0 … 1; levels are natural logarithms. */
export interface PortfolioTraits {
  readonly seed: number;
  readonly portfolioId: string;
  readonly domain: Domain;
  readonly cards: number;
  /** Where cardholders live, with the share of each country. */
  readonly homes: readonly { country: Country; share: number }[];
  readonly destinations: readonly Country[];
  /** Frauds per decided transaction that are aimed at. */
  readonly fraudRate: number;
  readonly transactionsPerDay: number;
  readonly onlineFactor: number;
  readonly contactlessShare: number;
  readonly walletShare: number;
  readonly magstripeShare: number;
  readonly incomeLevel: number;
  readonly incomeSpread: number;
  /** How much people differ in level and how regular each is. */
  readonly personalSpread: number;
  readonly regularity: number;
  readonly loyalty: number;
  readonly creditShare: number;
  readonly clearingShare: number;
  readonly refundShare: number;
  readonly declineShare: number;
  readonly stressShare: number;
  readonly tripsPerYear: number;
  readonly spreesPerYear: number;
  readonly devicesPerYear: number;
  readonly seasonStrength: number;
  readonly threeDSecureShare: number;
  readonly fields: ReadonlySet<OptionalField>;
  /** Share of values that are missing by accident in a field that is delivered. */
  readonly missingShare: number;
  /** Weight of each typology against its usual one, drawn per portfolio. */
  readonly typologyTilt: (name: string) => number;
}

/** Frauds per transaction: log-uniform between .02 % and 1 %. */
const FRAUD_RATE_RANGE = [0.0002, 0.01] as const;

const fieldShares: Record<OptionalField, number> = {
  terminalId: 0.85,
  city: 0.5,
  name: 0.3,
  accountId: 0.95,
  customerId: 0.7,
  acquirerId: 0.6,
  entryMode: 0.93,
  cardPresent: 0.85,
  authorizationResponse: 0.8,
  deviceId: 0.7,
  ipCountry: 0.65,
  cvv: 0.75,
  avs: 0.45,
  threeDSecure: 0.7,
  pin: 0.75,
  billing: 0.85,
};

export interface PortfolioRequest {
  readonly seed: number;
  readonly portfolioId: string;
  readonly cards: number;
  readonly domain: Domain;
  readonly fraudRate?: number | undefined;
}

function drawCountries(random: Random): Pick<PortfolioTraits, 'homes' | 'destinations'> {
  const shuffled = countries
    .map((country) => ({ country, rank: random.uniform() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ country }) => country);
  const count = random.chance(0.55) ? 1 : random.chance(0.6) ? 2 : 3;
  const raw = shuffled
    .slice(0, count)
    .map((country, index) => ({ country, share: random.between(0.3, 1) / (index + 1) }));
  const sum = raw.reduce((total, { share }) => total + share, 0);
  return {
    homes: raw.map(({ country, share }) => ({ country, share: share / sum })),
    destinations: shuffled.slice(count, count + 9),
  };
}

function drawChannels(random: Random, domain: Domain) {
  const onlineOf: Record<Domain, number> = {
    mixed: random.between(0.5, 1.8),
    'card-not-present': 50,
    'point-of-sale': 0,
  };
  return {
    onlineFactor: onlineOf[domain],
    contactlessShare: random.between(0.2, 0.85),
    walletShare: random.between(0.03, 0.35),
    magstripeShare: random.chance(0.3) ? random.between(0.02, 0.15) : 0.004,
    threeDSecureShare: random.between(0.05, 0.7),
  };
}

/** Draws the traits of one portfolio. The same request always gives the same traits. */
export function drawPortfolioTraits(request: PortfolioRequest): PortfolioTraits {
  const random = createRandom(request.seed);
  const [lowest, highest] = FRAUD_RATE_RANGE;
  const drawnRate = lowest * (highest / lowest) ** random.uniform();
  const tilts = new Map<string, number>();
  return {
    seed: request.seed,
    portfolioId: request.portfolioId,
    domain: request.domain,
    cards: request.cards,
    ...drawCountries(random),
    ...drawChannels(random, request.domain),
    fraudRate: request.fraudRate ?? drawnRate,
    transactionsPerDay: random.between(0.5, 1.5),
    incomeLevel: random.normal() * 0.25,
    incomeSpread: random.between(0.3, 0.6),
    personalSpread: random.between(0.6, 1.1),
    regularity: random.between(0.7, 1.2),
    loyalty: random.between(0.7, 1.05),
    creditShare: random.between(0.1, 0.95),
    clearingShare: random.between(0, 0.2),
    refundShare: random.between(0.004, 0.02),
    declineShare: random.between(0.008, 0.035),
    stressShare: random.between(0.03, 0.12),
    tripsPerYear: random.between(0.8, 3),
    spreesPerYear: random.between(0.4, 2),
    devicesPerYear: random.between(0.5, 1.5),
    seasonStrength: random.between(0.4, 1.2),
    missingShare: random.chance(0.5) ? random.between(0, 0.05) : 0,
    fields: new Set(optionalFields.filter((field) => random.chance(fieldShares[field]))),
    typologyTilt: (name) => {
      const tilt = tilts.get(name) ?? createRandom(request.seed ^ hashName(name)).logNormal(1, 0.5);
      tilts.set(name, tilt);
      return tilt;
    },
  };
}

function hashName(name: string): number {
  return [...name].reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0, 7);
}

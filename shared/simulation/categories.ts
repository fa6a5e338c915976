// shared/simulation/categories.ts: what people pay for: real merchant category codes with usual amounts, hours, loyalty and channel.
import { type HourProfile, hourProfiles } from './rhythm.ts';

/** One merchant category as cardholders use it. */
export interface Category {
  readonly index: number;
  /** ISO 18245 code. */
  readonly mcc: string;
  readonly name: string;
  /** Share of an average person's payments (relative). */
  readonly weight: number;
  /** Median amount in euro at price level 1, and its spread in ln. */
  readonly medianEuro: number;
  readonly sigma: number;
  /** How likely an average person pays this without the card being present. */
  readonly onlineShare: number;
  readonly hours: HourProfile;
  /** How often people return to one of their own places. */
  readonly loyalty: number;
  /** How far income moves the amount: 0 not at all, 1 in proportion to the personal level. */
  readonly elasticity: number;
  /** Likelihood that another payment of the same kind follows within minutes. */
  readonly chain: number;
  /** What it plays in the stories: subscriptions, travel, large purchases, cash, things thieves want. */
  readonly roles: readonly Role[];
}

export type Role =
  | 'subscription'
  | 'travel-booking'
  | 'on-trip'
  | 'large'
  | 'cash'
  | 'small-digital'
  | 'resale'
  | 'gift'
  | 'everyday'
  | 'transfer';

type Row = readonly [
  string,
  string,
  number,
  number,
  number,
  number,
  HourProfile,
  number,
  number,
  number,
  string,
];

// mcc, name, weight, median, sigma, online, hours, loyalty, elasticity, chain, roles
const rows: readonly Row[] = [
  ['5411', 'Supermarket', 17, 24, 0.8, 0.05, 'shop', 0.85, 0.5, 0.03, 'everyday on-trip'],
  ['5499', 'Convenience Store', 5, 8, 0.6, 0, 'any', 0.7, 0.3, 0.05, 'everyday on-trip'],
  ['5462', 'Bakery', 4, 5, 0.5, 0, 'morning', 0.8, 0.3, 0.05, 'everyday'],
  ['5812', 'Restaurant', 6, 30, 0.6, 0.04, 'meal', 0.35, 0.8, 0.02, 'on-trip'],
  ['5814', 'Fast Food', 8, 10, 0.5, 0.25, 'meal', 0.55, 0.4, 0.04, 'everyday on-trip'],
  ['5813', 'Bar', 2.5, 17, 0.6, 0, 'evening', 0.45, 0.6, 0.35, 'on-trip'],
  ['5541', 'Service Station', 5, 45, 0.45, 0, 'shop', 0.75, 0.3, 0.02, 'everyday'],
  ['5542', 'Fuel Dispenser', 2, 42, 0.45, 0, 'any', 0.75, 0.3, 0.02, 'everyday'],
  ['4111', 'Transit', 5, 3.5, 0.7, 0.3, 'commute', 0.9, 0.1, 0.15, 'everyday on-trip'],
  ['4121', 'Taxi', 2.5, 13, 0.55, 0.6, 'evening', 0.75, 0.3, 0.1, 'on-trip'],
  ['7523', 'Parking', 1.5, 4, 0.6, 0.4, 'shop', 0.6, 0.1, 0.03, 'everyday small-digital'],
  ['5311', 'Department Store', 2, 45, 0.85, 0.2, 'shop', 0.5, 0.9, 0.15, 'gift resale'],
  ['5300', 'Wholesale Club', 1, 95, 0.6, 0, 'shop', 0.9, 0.5, 0.02, 'everyday'],
  ['5310', 'Discount Store', 1.5, 18, 0.7, 0.05, 'shop', 0.6, 0.2, 0.06, 'everyday'],
  ['5651', 'Clothing', 2.2, 48, 0.8, 0.4, 'shop', 0.4, 0.9, 0.25, 'gift resale'],
  ['5661', 'Shoes', 0.9, 65, 0.55, 0.4, 'shop', 0.4, 0.8, 0.1, 'gift resale'],
  ['5941', 'Sporting Goods', 0.8, 50, 0.85, 0.35, 'shop', 0.4, 0.8, 0.08, 'gift'],
  ['5732', 'Electronics', 1.1, 95, 1.15, 0.5, 'shop', 0.35, 0.9, 0.08, 'large gift resale'],
  ['5045', 'Computers', 0.3, 320, 1, 0.7, 'online', 0.3, 0.9, 0.05, 'large resale'],
  ['5912', 'Pharmacy', 3, 15, 0.75, 0.08, 'shop', 0.75, 0.3, 0.03, 'everyday'],
  ['8011', 'Doctor', 0.5, 60, 0.8, 0, 'office', 0.7, 0.4, 0.01, ''],
  ['8021', 'Dentist', 0.25, 130, 0.9, 0, 'office', 0.9, 0.4, 0.01, 'large'],
  ['7230', 'Hairdresser', 0.8, 32, 0.5, 0, 'office', 0.85, 0.8, 0.01, ''],
  ['5200', 'Home Supply', 1, 55, 0.95, 0.2, 'shop', 0.55, 0.6, 0.12, 'large'],
  ['5712', 'Furniture', 0.35, 210, 0.95, 0.4, 'shop', 0.3, 0.9, 0.1, 'large'],
  ['5999', 'Specialty Retail', 1.2, 28, 0.9, 0.4, 'shop', 0.3, 0.7, 0.06, 'gift'],
  ['5942', 'Books', 0.8, 18, 0.6, 0.5, 'shop', 0.5, 0.4, 0.06, 'gift'],
  ['5945', 'Toys', 0.6, 30, 0.75, 0.45, 'shop', 0.4, 0.6, 0.08, 'gift'],
  ['5995', 'Pet Shop', 0.7, 32, 0.65, 0.3, 'shop', 0.8, 0.5, 0.02, ''],
  ['5399', 'Marketplace', 5.5, 27, 0.95, 0.97, 'online', 0.85, 0.6, 0.18, 'gift resale'],
  ['5964', 'Mail Order', 0.6, 50, 0.85, 0.95, 'online', 0.4, 0.7, 0.05, 'resale'],
  ['5816', 'Digital Games', 1.4, 8, 0.75, 1, 'night', 0.8, 0.2, 0.5, 'small-digital'],
  ['5815', 'Digital Media', 1, 6, 0.6, 1, 'online', 0.8, 0.2, 0.15, 'small-digital'],
  ['5968', 'Subscription Box', 0.2, 15, 0.5, 1, 'online', 0.9, 0.3, 0, 'subscription'],
  ['4899', 'Streaming', 0.2, 11, 0.35, 1, 'online', 0.95, 0.1, 0, 'subscription small-digital'],
  ['4814', 'Telecom', 0.6, 28, 0.5, 0.9, 'any', 0.95, 0.2, 0, 'subscription'],
  ['4900', 'Utilities', 0.3, 85, 0.5, 0.95, 'office', 0.98, 0.3, 0, 'subscription'],
  ['6300', 'Insurance', 0.2, 48, 0.6, 0.95, 'office', 0.95, 0.4, 0, 'subscription'],
  ['7997', 'Fitness Club', 0.3, 32, 0.35, 0.5, 'any', 0.95, 0.3, 0, 'subscription'],
  ['4511', 'Airline', 0.3, 190, 0.75, 0.96, 'online', 0.3, 0.7, 0.1, 'travel-booking large'],
  ['7011', 'Hotel', 0.5, 115, 0.75, 0.6, 'online', 0.1, 0.9, 0.05, 'travel-booking on-trip'],
  ['7512', 'Car Rental', 0.12, 160, 0.7, 0.5, 'office', 0.3, 0.6, 0.02, 'travel-booking on-trip'],
  ['4722', 'Travel Agency', 0.2, 280, 0.95, 0.9, 'online', 0.3, 0.8, 0.05, 'travel-booking large resale'],
  ['6011', 'Cash Machine', 2.8, 85, 0.65, 0, 'any', 0.7, 0.5, 0.02, 'cash on-trip'],
  ['6051', 'Quasi Cash', 0.25, 90, 1.1, 0.95, 'night', 0.85, 0.5, 0.12, 'cash resale'],
  ['7995', 'Betting', 0.6, 18, 1, 0.9, 'night', 0.92, 0.4, 0.45, 'cash'],
  ['4829', 'Money Transfer', 0.6, 110, 1.05, 0.85, 'online', 0.75, 0.7, 0.03, 'cash transfer'],
  ['8398', 'Charity', 0.4, 20, 0.8, 0.8, 'online', 0.6, 0.6, 0.01, 'small-digital'],
  ['8220', 'Education', 0.1, 260, 1, 0.8, 'office', 0.9, 0.4, 0.02, 'large'],
  ['7832', 'Cinema', 0.6, 22, 0.5, 0.5, 'evening', 0.7, 0.3, 0.25, ''],
  ['7922', 'Tickets', 0.4, 65, 0.8, 0.9, 'online', 0.4, 0.6, 0.08, 'resale'],
  ['5944', 'Jewellery', 0.15, 150, 1.1, 0.3, 'shop', 0.2, 1.1, 0.05, 'large gift resale'],
  ['7538', 'Car Repair', 0.3, 170, 0.85, 0, 'office', 0.8, 0.5, 0.02, 'large'],
  ['5947', 'Gift Cards', 0.35, 40, 0.65, 0.5, 'shop', 0.3, 0.4, 0.15, 'gift resale'],
  ['5921', 'Liquor Store', 0.7, 22, 0.65, 0.05, 'evening', 0.7, 0.5, 0.03, ''],
  ['5993', 'Tobacconist', 0.8, 11, 0.5, 0, 'any', 0.85, 0.2, 0.03, 'everyday'],
  ['7299', 'Personal Services', 0.4, 35, 0.8, 0.4, 'office', 0.5, 0.6, 0.02, ''],
  ['8999', 'Professional Services', 0.2, 140, 0.95, 0.6, 'office', 0.5, 0.7, 0.02, 'large'],
];

export const categories: readonly Category[] = rows.map(
  ([mcc, name, weight, medianEuro, sigma, onlineShare, hours, loyalty, elasticity, chain, roles], index) => ({
    index,
    mcc,
    name,
    weight,
    medianEuro,
    sigma,
    onlineShare,
    hours,
    loyalty,
    elasticity,
    chain,
    roles: roles.split(' ').filter((role) => role !== '') as Role[],
  }),
);

export const CATEGORY_KINDS = categories.length;

/** Categories that play a role. */
export function categoriesFor(role: Role): readonly Category[] {
  return categories.filter((category) => category.roles.includes(role));
}

/** How welcome a payment of category `index` is at an hour: `affinity[index * 24 + hour]`, 0 … 1. */
export const hourAffinity: Float32Array = new Float32Array(
  categories.flatMap((category) => {
    const hours = hourProfiles[category.hours];
    const top = Math.max(...hours);
    return hours.map((weight) => weight / top);
  }),
);

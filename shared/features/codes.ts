// shared/features/codes.ts: standard codes as small integers: MCC groups, ISO 3166 countries, ISO 4217 currencies with exponents, entry modes, types.
import { type EntryMode, entryModes, type TransactionType, transactionTypes } from '../domain/transaction.ts';

/** Names of the MCC groups; the position is the category index of the packed event. 0 = missing. Never reorder: weights depend on it. */
export const categoryNames = [
  'missing',
  'grocery',
  'fuel',
  'restaurant',
  'fast-food',
  'general-merchandise',
  'direct-and-online-marketing',
  'home',
  'health',
  'fitness-and-sport',
  'personal-care',
  'children-and-pets',
  'entertainment',
  'digital-goods',
  'airline',
  'lodging',
  'car-rental',
  'transit',
  'travel-agency',
  'clothing',
  'electronics',
  'jewelry-and-antiques',
  'books-and-gifts',
  'cash',
  'quasi-cash',
  'transfer-and-financial',
  'utility-and-telecom',
  'insurance',
  'automotive',
  'professional-service',
  'charity-education-government',
  'other',
] as const;
export type CategoryName = (typeof categoryNames)[number];

/** Rows of the category embedding: 0 missing, 1 … 31 groups. */
export const CATEGORY_COUNT = 32;
/** 0 missing, then `entryModes`. */
export const ENTRY_MODE_COUNT = entryModes.length + 1;
/** 0 unused, then `transactionTypes`. */
export const TYPE_COUNT = transactionTypes.length + 1;
/** 0 missing, 1 … 249 ISO 3166-1, 250 a code that is not in the list. */
export const COUNTRY_COUNT = 251;

/** Ranges of merchant category codes per group (ISO 18245 and the schemes' private ranges 3000–3999); later lines win. */
const mccRanges: readonly (readonly [CategoryName, string])[] = [
  ['professional-service', '0763 0780 1520 1740-1799 2741-2842 4214-4225 5021-5044 5046 5051 5072-5085 5111'],
  [
    'professional-service',
    '5131 5169 5198-5199 7210 7217 7276 7277 7278 7311-7395 7399 7692-7699 8111 8911-8999',
  ],
  ['automotive', '5013 5511 5521-5599 7531-7549'],
  ['utility-and-telecom', '4812-4816 4821 4899-4900'],
  ['transit', '4011-4112 4121 4131 4468 4784 4789 7523 7524'],
  ['travel-agency', '4411 4457 4722-4723 4761 7032-7033 7991'],
  ['airline', '3000-3299 3300-3350 4304 4415 4418 4511 4582'],
  ['car-rental', '3351-3500 7512-7519'],
  ['lodging', '3501-3999 7011-7012'],
  ['grocery', '5411 5422 5441-5499'],
  ['fuel', '5172 5541-5542 5552 5983'],
  ['restaurant', '5811-5813'],
  ['fast-food', '5814'],
  ['general-merchandise', '5300-5399'],
  ['direct-and-online-marketing', '5262 5961-5969'],
  ['home', '1711 1731 5039 5074 5200-5261 5271 5712-5722 5950 7623-7641'],
  ['health', '4119 5047 5122 5912 5975-5976 8011-8099'],
  ['fitness-and-sport', '5940-5941 5655 7941 7997'],
  ['personal-care', '5977 5997 7211-7216 7221-7273 7295-7298'],
  ['children-and-pets', '0742 5641 5945 5995 8351'],
  ['entertainment', '7829-7841 7911-7933 7992-7994 7996 7998-7999'],
  ['digital-goods', '5733 5735 5815-5818'],
  ['clothing', '5137 5139 5611-5631 5651 5661-5699'],
  ['electronics', '4812 5045 5065 5732 5734 5946'],
  ['jewelry-and-antiques', '5094 5931-5937 5944 5971-5972'],
  ['books-and-gifts', '5192-5193 5942-5943 5947 5970 5973 5978 5992-5994'],
  ['cash', '6010-6011'],
  ['quasi-cash', '6050-6051 7800-7802 7995 9406 9754'],
  ['transfer-and-financial', '4829 6012 6211 6529-6540 6760'],
  ['insurance', '5960 6300-6399 6513'],
  ['charity-education-government', '8211-8299 8398-8699 9211-9405 9411-9753'],
];

function buildCategoryTable(): Uint8Array {
  const table = new Uint8Array(10_000).fill(categoryNames.indexOf('other'));
  for (const [name, ranges] of mccRanges) {
    const group = categoryNames.indexOf(name);
    for (const range of ranges.split(' ')) {
      const [from = '', to = from] = range.split('-');
      table.fill(group, Number(from), Number(to) + 1);
    }
  }
  return table;
}

const categoryTable = buildCategoryTable();

/** Group of a merchant category code: 1 … 31 (`other` for codes outside the list), 0 when there is none or it is no four digits. */
export function categoryOf(mcc: string | undefined): number {
  if (mcc === undefined || mcc.length !== 4) return 0;
  let code = 0;
  for (let at = 0; at < 4; at++) {
    const digit = mcc.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return 0;
    code = code * 10 + digit;
  }
  return categoryTable[code] ?? 0;
}

/** ISO 3166-1 alpha-2, alphabetical; the position + 1 is the index. Append only. */
const countries = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ ' +
  'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR ' +
  'GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
  'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT ' +
  'MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ' +
  'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ ' +
  'UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
).split(' ');

const countryIndex: ReadonlyMap<string, number> = new Map(countries.map((code, at) => [code, at + 1]));

/** Index of an ISO 3166-1 alpha-2 code: 1 … 249, 250 for a code not in the list, 0 when absent. */
export function countryOf(code: string | undefined): number {
  return code === undefined ? 0 : (countryIndex.get(code) ?? COUNTRY_COUNT - 1);
}

/** ISO 4217 (list one), by exponent, without funds, metals and test codes; recently withdrawn codes stay, for histories. */
const currenciesByExponent: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP ' +
    'COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR ' +
    'JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN ' +
    'NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL ' +
    'THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ' +
    'ANG BGN CUC HRK SLL ZWL',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const currencyExponents: ReadonlyMap<string, number> = new Map(
  Object.entries(currenciesByExponent).flatMap(([exponent, codes]) =>
    codes.split(' ').map((code): [string, number] => [code, Number(exponent)]),
  ),
);

/** Digits after the decimal point (ISO 4217 exponent: major = minor / 10^exponent), or undefined for an unknown code. */
export function currencyExponent(code: string): number | undefined {
  return currencyExponents.get(code);
}

/** True for a currency code of ISO 4217. */
export function isCurrency(code: string): boolean {
  return currencyExponents.has(code);
}

const minorUnitsPerMajor = [1, 10, 100, 1_000, 10_000];

/** Minor units as major units (cents → euros); unknown currencies count as having two digits. */
export function toMajorUnits(amountMinor: number, currency: string): number {
  return amountMinor / (minorUnitsPerMajor[currencyExponents.get(currency) ?? 2] ?? 100);
}

const entryModeIndex: ReadonlyMap<string, number> = new Map(entryModes.map((mode, at) => [mode, at + 1]));
const typeIndex: ReadonlyMap<string, number> = new Map(transactionTypes.map((type, at) => [type, at + 1]));

/** 1-based index of the entry mode, 0 when absent. */
export function entryModeOf(mode: EntryMode | undefined): number {
  return mode === undefined ? 0 : (entryModeIndex.get(mode) ?? 0);
}

/** 1-based index of the transaction type. */
export function typeOf(type: TransactionType): number {
  return typeIndex.get(type) ?? 0;
}

const lastSpendType = typeOf('clearing');

/** True for the type indices that spend money: authorizations, transfers, and clearings whose authorization was never seen. */
export function isSpend(type: number): boolean {
  return type >= 1 && type <= lastSpendType;
}

const returnTypes = [typeOf('reversal'), typeOf('refund')];

/** True for the type indices that bring money back to the card: reversals and refunds. */
export function isReturn(type: number): boolean {
  return type === returnTypes[0] || type === returnTypes[1];
}

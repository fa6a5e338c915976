// shared/simulation/countries.ts: the countries portfolios and journeys are drawn from: currency, hours from UTC, prices, cities.

/** Offsets are those of winter and stay so: the simulation knows no daylight saving time. */
export interface Country {
  /** ISO 3166-1 alpha-2. */
  readonly code: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Minor units of the currency for one euro: a rough rate, fixed for ever. */
  readonly minorPerEuro: number;
  /** Smallest amount people pay in, in minor units (the unit of round prices). */
  readonly roundUnit: number;
  readonly utcOffsetHours: number;
  /** Prices against the euro area's. */
  readonly priceLevel: number;
  readonly cities: readonly string[];
}

type Row = readonly [string, string, number, number, number, number, string];

const rows: readonly Row[] = [
  ['DE', 'EUR', 100, 100, 1, 1, 'Berlin,Hamburg,Köln,Leipzig,Kassel'],
  ['FR', 'EUR', 100, 100, 1, 1.02, 'Paris,Lyon,Nantes,Lille,Dijon'],
  ['ES', 'EUR', 100, 100, 1, 0.85, 'Madrid,Valencia,Sevilla,Bilbao'],
  ['IT', 'EUR', 100, 100, 1, 0.9, 'Roma,Milano,Torino,Bari'],
  ['NL', 'EUR', 100, 100, 1, 1.08, 'Amsterdam,Utrecht,Eindhoven'],
  ['AT', 'EUR', 100, 100, 1, 1.06, 'Wien,Graz,Linz'],
  ['PT', 'EUR', 100, 100, 0, 0.75, 'Lisboa,Porto,Braga'],
  ['GR', 'EUR', 100, 100, 2, 0.75, 'Athens,Thessaloniki,Patras'],
  ['IE', 'EUR', 100, 100, 0, 1.15, 'Dublin,Cork,Galway'],
  ['FI', 'EUR', 100, 100, 2, 1.15, 'Helsinki,Tampere,Turku'],
  ['GB', 'GBP', 86, 100, 0, 1.05, 'London,Leeds,Bristol,Glasgow,York'],
  ['CH', 'CHF', 96, 100, 1, 1.5, 'Zürich,Basel,Bern'],
  ['PL', 'PLN', 430, 100, 1, 0.6, 'Warszawa,Kraków,Gdańsk'],
  ['CZ', 'CZK', 2500, 100, 1, 0.65, 'Praha,Brno,Plzeň'],
  ['SE', 'SEK', 1130, 100, 1, 1.1, 'Stockholm,Malmö,Uppsala'],
  ['NO', 'NOK', 1160, 100, 1, 1.25, 'Oslo,Bergen,Trondheim'],
  ['DK', 'DKK', 746, 100, 1, 1.25, 'København,Aarhus,Odense'],
  ['HU', 'HUF', 39000, 10000, 1, 0.6, 'Budapest,Debrecen,Szeged'],
  ['RO', 'RON', 497, 100, 2, 0.5, 'București,Cluj,Iași'],
  ['TR', 'TRY', 3500, 100, 3, 0.45, 'Istanbul,Ankara,Izmir'],
  ['US', 'USD', 108, 100, -5, 1.15, 'New York,Chicago,Houston,Denver,Tampa'],
  ['CA', 'CAD', 147, 100, -5, 1.05, 'Toronto,Montréal,Calgary'],
  ['MX', 'MXN', 1850, 1000, -6, 0.55, 'Ciudad de México,Puebla,Mérida'],
  ['BR', 'BRL', 540, 100, -3, 0.5, 'São Paulo,Recife,Curitiba,Manaus'],
  ['CL', 'CLP', 1000, 1000, -4, 0.55, 'Santiago,Valparaíso'],
  ['AU', 'AUD', 163, 100, 10, 1.1, 'Sydney,Perth,Brisbane'],
  ['JP', 'JPY', 160, 100, 9, 0.9, 'Tokyo,Osaka,Sapporo,Fukuoka'],
  ['KR', 'KRW', 1450, 1000, 9, 0.85, 'Seoul,Busan,Daegu'],
  ['SG', 'SGD', 145, 100, 8, 1.1, 'Singapore'],
  ['TH', 'THB', 3800, 1000, 7, 0.4, 'Bangkok,Chiang Mai,Phuket'],
  ['IN', 'INR', 9000, 10000, 5.5, 0.3, 'Mumbai,Delhi,Chennai,Pune'],
  ['AE', 'AED', 397, 500, 4, 0.95, 'Dubai,Abu Dhabi'],
  ['KW', 'KWD', 332, 250, 3, 0.95, 'Kuwait City'],
  ['ZA', 'ZAR', 2000, 1000, 2, 0.5, 'Cape Town,Durban,Pretoria'],
  ['NG', 'NGN', 165000, 50000, 1, 0.35, 'Lagos,Abuja,Kano'],
  ['ID', 'IDR', 1700000, 500000, 7, 0.35, 'Jakarta,Surabaya,Denpasar'],
];

export const countries: readonly Country[] = rows.map(
  ([code, currency, minorPerEuro, roundUnit, utcOffsetHours, priceLevel, cities]) => ({
    code,
    currency,
    minorPerEuro,
    roundUnit,
    utcOffsetHours,
    priceLevel,
    cities: cities.split(','),
  }),
);

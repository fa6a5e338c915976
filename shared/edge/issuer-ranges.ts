// shared/edge/issuer-ranges.ts: what a card number is: a known issuer range, that range's lengths, Luhn-valid.

/** First and last four-digit prefix of an issuer range and the lengths its numbers have. */
interface IssuerRange {
  readonly network: string;
  readonly first: number;
  readonly last: number;
  readonly lengths: readonly number[];
}

const from16 = [16, 17, 18, 19];

/**
 * Ranges the networks publish, cut to four digits (finer borders only decide which network it is).
 * Left out on purpose: prefix 1 (UATP) and 2014/2149 (enRoute, closed in 1992), which clocks and dates also write.
 */
const issuerRanges: readonly IssuerRange[] = [
  { network: 'Visa', first: 4000, last: 4999, lengths: [13, 16, 19] },
  { network: 'Mastercard', first: 5100, last: 5599, lengths: [16] },
  { network: 'Mastercard 2-series', first: 2221, last: 2720, lengths: [16] },
  { network: 'American Express', first: 3400, last: 3499, lengths: [15] },
  { network: 'American Express', first: 3700, last: 3799, lengths: [15] },
  { network: 'Diners Club', first: 3000, last: 3059, lengths: [14, 16, 19] },
  { network: 'Diners Club', first: 3095, last: 3095, lengths: [14, 16, 19] },
  { network: 'Diners Club', first: 3600, last: 3699, lengths: [14, 16, 19] },
  { network: 'Diners Club', first: 3800, last: 3999, lengths: [14, 16, 19] },
  { network: 'Discover', first: 6011, last: 6011, lengths: [16, 19] },
  { network: 'Discover', first: 6440, last: 6599, lengths: [16, 19] },
  { network: 'JCB', first: 3528, last: 3589, lengths: from16 },
  { network: 'JCB', first: 3088, last: 3094, lengths: [16] },
  { network: 'UnionPay', first: 6200, last: 6299, lengths: from16 },
  { network: 'UnionPay', first: 8100, last: 8171, lengths: from16 },
  { network: 'Mir', first: 2200, last: 2204, lengths: from16 },
  { network: 'Troy', first: 9792, last: 9792, lengths: [16] },
  { network: 'RuPay', first: 6521, last: 6522, lengths: [16] },
  { network: 'Verve', first: 5060, last: 5061, lengths: [16, 18, 19] },
  { network: 'Elo', first: 5066, last: 5067, lengths: [16] },
  { network: 'Hiper', first: 6370, last: 6370, lengths: [16] },
  { network: 'Maestro', first: 6700, last: 6799, lengths: [12, 13, 14, 15, 16, 17, 18, 19] },
  { network: 'Elo', first: 6362, last: 6363, lengths: [16] },
  { network: 'Hipercard', first: 6062, last: 6062, lengths: [16] },
  { network: 'Dankort', first: 5019, last: 5019, lengths: [16] },
  { network: 'Solo', first: 6331, last: 6334, lengths: [16, 18, 19] },
  ...[5000, 5018, 5020, 5038, 5893, 6304].map((prefix) => ({
    network: 'Maestro',
    first: prefix,
    last: prefix,
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
  })),
];

/** Bit n set: numbers of n digits exist under this four-digit prefix. */
const lengthsByPrefix = buildLengthsByPrefix();

function buildLengthsByPrefix(): Uint32Array {
  const table = new Uint32Array(10_000);
  for (const { first, last, lengths } of issuerRanges) {
    const bits = lengths.reduce((all, length) => all | (1 << length), 0);
    for (let prefix = first; prefix <= last; prefix++) table[prefix] = (table[prefix] ?? 0) | bits;
  }
  return table;
}

export const shortestCardNumber = 12;
export const longestCardNumber = 19;

/** Visa's test BIN, under which processors publish hundreds of numbers. */
const testBin = '400000';

/**
 * First eight digits of the numbers that networks and processors publish for testing. A random string of
 * sixteen digits is a Luhn-valid number of one of these series about once in three million, so ids can be
 * held against them without harm.
 */
const publishedTestPrefixes: ReadonlySet<string> = new Set(
  `40000566 22210000 22210012 22222222 22224000 22224107 22230000 22230031 22234000 22235204 27200000 27209999
   30000000 30569309 30880000 30880008 34000000 34035327 34111111 34343434 35280000 35300000 35301111
   35301113 35307600 35660020 35660035 35691111 35698900 35699900 35890000 36000000 36006666 36070500
   36110361 36111111 36148900 36225695 36227206 36256958 36438936 36700102 37000000 37111111 37144963
   37344963 37395324 37411111 37429101 37828000 37828224 37873449 38000000 38520000 40000200 40000600
   40001600 40006200 40026900 40055192 40055202 40055500 40070000 40120000 40120001 40121000 40128888
   40268581 40355010 40593500 40617240 40674255 40901000 41101441 41111111 41143601 41234500 41515000
   41666766 41750076 42000000 42176511 42222222 42261465 42424242 42931891 43600000 44000000 44440000
   44444444 44841200 44846000 45006000 45320151 45329999 45671230 45710000 45906130 46070000 46464646
   49118300 49166293 49168000 49176000 49176100 49300000 49444300 49779494 49880800 49884388 49999999
   50005500 50180000 50191717 50195555 50197170 50200000 50387000 50601234 50669911 51000600 51032219
   51051051 51060400 51111111 51159151 51185500 51231234 51234500 51363333 51630000 51868800 52000000
   52008282 52008400 52042477 52111111 52222200 52535000 53999999 54031111 54038799 54111111 54242424
   54324800 54445555 54545454 55000000 55000055 55550000 55553412 55554444 55555555 55770000 55855855
   56105910 58889999 58930000 60110000 60110009 60110031 60110160 60111111 60114855 60115564 60116011
   60119999 60628288 62000000 62100000 62122613 62123456 62188000 62220212 62222222 62262200 62262600
   62430300 62434800 62509460 63049000 63049500 63311019 63340000 63709500 64450000 64456445 65000000
   65011111 65105105 65551000 67030000 67034444 67310123 67590000 67594111 67596498 67610000 67717980
   67717983 67719500 67999900 81712345 81719999 97921300`.split(/\s+/),
);

function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, doubled = false; index >= 0; index--, doubled = !doubled) {
    const digit = digits.charCodeAt(index) - 48;
    sum += doubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** True for a card number: known issuer range, a length of that range, Luhn-valid. @param digits ASCII digits only */
export function isCardNumber(digits: string): boolean {
  if (digits.length < shortestCardNumber || digits.length > longestCardNumber) return false;
  const lengths = lengthsByPrefix[Number(digits.slice(0, 4))] ?? 0;
  return ((lengths >> digits.length) & 1) === 1 && isLuhnValid(digits);
}

/** True for a card number of a series published for testing; random digits practically never are one. */
export function isPublishedTestNumber(digits: string): boolean {
  const isOfSeries = digits.startsWith(testBin) || publishedTestPrefixes.has(digits.slice(0, 8));
  return isOfSeries && isCardNumber(digits);
}

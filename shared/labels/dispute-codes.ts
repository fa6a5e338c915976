// shared/labels/dispute-codes.ts: which of the networks' chargeback codes are about fraud.

/** Networks' codes of disputes over fraud. Published lists: Visa 10.x; Mastercard 4837, 4840, 4849, 4863, 4870, 4871; Amex F10–F31, FR2–FR6; Discover UA01–UA38. */
const FRAUD = [
  /^10\.\d$/,
  /^(4837|4840|4849|4863|4870|4871)$/,
  /^(F10|F14|F24|F29|F30|F31|FR2|FR4|FR6)$/,
  /^UA\d\d$/,
] as const;

/** Codes of disputes over authorization, processing, goods and services: Visa 11.x–13.x; Mastercard 4807–4860 without those above; Amex A, C, P, R; Discover AA, AP, AT, AW, CD, CR, DP, EX, IC, IN, LP, NF, PM, RG, RM, RN. */
const OTHER = [
  /^1[123]\.\d\d?$/,
  /^(4807|4808|4812|4831|4834|4841|4842|4846|4850|4853|4854|4855|4859|4860)$/,
  /^[ACPR]\d\d$/,
  /^(AA|AP|AT|AW|CD|CR|DP|EX|IC|IN|LP|NF|PM|RG|RM|RN)\d?\d?$/,
] as const;

const joined = (patterns: readonly RegExp[]): string => patterns.map(({ source }) => `(${source})`).join('|');

/** The two lists as regular expressions, for SQL; over the code in capitals. */
export const disputePatterns = { fraud: joined(FRAUD), other: joined(OTHER) } as const;

/** True for fraud, false for another dispute, undefined for a code that is not known here. */
export function isFraudDispute(disputeReasonCode: string): boolean | undefined {
  const code = disputeReasonCode.trim().toUpperCase();
  if (FRAUD.some((pattern) => pattern.test(code))) return true;
  return OTHER.some((pattern) => pattern.test(code)) ? false : undefined;
}

// shared/domain/reason-code.ts: our closed list of reasons: why this score; each with a sentence for an analyst.

/** Codes are stable: consumers filter on them. Sentences may be reworded. */
export const reasonSentences = {
  AMOUNT_UNUSUAL_FOR_CARD: 'The amount is unusual for this card.',
  AMOUNT_HIGH_FOR_PORTFOLIO: 'The amount is among the highest of the portfolio.',
  TIMING_UNUSUAL: 'The time since the previous transaction is unusual for this card.',
  HOUR_UNUSUAL: 'The hour of day is unusual for this card.',
  CATEGORY_UNUSUAL: 'The merchant category is unusual for this card.',
  ENTRY_MODE_UNUSUAL: 'The way the card was read is unusual for this card.',
  MERCHANT_UNUSUAL: 'Whether the merchant is known to this card is unusual.',
  RECENT_BEHAVIOUR_UNUSUAL: 'The recent transactions of this card were unusual, taken together.',
  BURST_EXPECTED: 'The recent pattern makes a large next amount likely, as in a fraud burst.',
  SPENDING_BURST: 'Several unusually large amounts in a few days.',
  VELOCITY_HIGH: 'Many transactions in a short time.',
  MERCHANT_RECENT_FRAUD: 'Frauds were recently confirmed at this merchant or terminal.',
  CARD_RECENT_FRAUD: 'Fraud was recently confirmed on this card.',
  COUNTRY_UNUSUAL: 'The country is unusual for this card.',
  NEW_CARD: 'Little is known about this card yet.',
} as const;

export type ReasonCode = keyof typeof reasonSentences;
export const reasonCodes = Object.keys(reasonSentences) as [ReasonCode, ...ReasonCode[]];

// shared/domain/reason-code.ts: our closed list of reasons: why this score; each with a sentence for an analyst.

/** Codes are stable: consumers filter on them. Sentences may be reworded. */
export const reasonSentences = {
  AMOUNT_UNUSUAL_FOR_CARD: 'The amount is unusual for this card.',
  AMOUNT_HIGH_FOR_PORTFOLIO: 'The amount is among the highest of the portfolio.',
  TIMING_UNUSUAL: 'The time since the previous transaction is unusual for this card.',
  HOUR_UNUSUAL: 'The hour of day is unusual for this card.',
  CATEGORY_UNUSUAL: 'The merchant category is unusual for this card.',
  ENTRY_MODE_UNUSUAL: 'The way the card was read is unusual for this card.',
  MERCHANT_UNUSUAL: 'The merchant is unusual for this card.',
  RECENT_BEHAVIOUR_UNUSUAL: 'The recent transactions of this card were unusual, taken together.',
  BURST_EXPECTED: 'The recent pattern makes a large next amount likely, as in a fraud burst.',
  SPENDING_BURST: 'Several unusually large amounts in a few days.',
  VELOCITY_HIGH: 'Payments close together, or many in a short time.',
  MERCHANT_RECENT_FRAUD: 'Frauds were recently confirmed at this merchant or terminal.',
  CARD_RECENT_FRAUD: 'Fraud was recently confirmed on this card.',
  COUNTRY_UNUSUAL: 'The country is unusual for this card.',
  DEVICE_UNUSUAL: 'The device is unusual: new to this card, now or within the last day.',
  CHECKS_UNUSUAL:
    'The checks of the cardholder or the answers of the issuer, here or shortly before, point to fraud.',
  MERCHANT_ACTIVITY_UNUSUAL:
    'What happens at this merchant or terminal is unusual: many small or unusually large payments.',
  ACCOUNT_UNUSUAL: 'What the account did recently, over all its cards, is unusual.',
  NEW_CARD: 'Little is known about this card yet.',
} as const;

export type ReasonCode = keyof typeof reasonSentences;
export const reasonCodes = Object.keys(reasonSentences) as [ReasonCode, ...ReasonCode[]];

/** What is said of a reason that lowers the score. */
export const calmSentences: Readonly<Record<ReasonCode, string>> = {
  AMOUNT_UNUSUAL_FOR_CARD: 'The amount speaks against fraud.',
  AMOUNT_HIGH_FOR_PORTFOLIO: 'The amount is ordinary for the portfolio.',
  TIMING_UNUSUAL: 'The time since the previous transaction speaks against fraud.',
  HOUR_UNUSUAL: 'The hour of day speaks against fraud.',
  CATEGORY_UNUSUAL: 'The merchant category speaks against fraud.',
  ENTRY_MODE_UNUSUAL: 'The way the card was read speaks against fraud.',
  MERCHANT_UNUSUAL: 'What the card has to do with this merchant speaks against fraud.',
  RECENT_BEHAVIOUR_UNUSUAL: 'The recent transactions of this card speak against fraud.',
  BURST_EXPECTED: 'The recent pattern makes a large next amount unlikely.',
  SPENDING_BURST: 'The largest amounts of the last days speak against fraud.',
  VELOCITY_HIGH: 'The pace of this card speaks against fraud.',
  MERCHANT_RECENT_FRAUD: 'What is known of frauds at this merchant or terminal speaks against fraud.',
  CARD_RECENT_FRAUD: 'What is known of frauds on this card speaks against fraud.',
  COUNTRY_UNUSUAL: 'The country speaks against fraud.',
  DEVICE_UNUSUAL: 'The device speaks against fraud.',
  CHECKS_UNUSUAL: 'The checks of the cardholder speak against fraud.',
  MERCHANT_ACTIVITY_UNUSUAL: 'What happens at this merchant or terminal speaks against fraud.',
  ACCOUNT_UNUSUAL: 'What the account did recently speaks against fraud.',
  NEW_CARD: 'How long this card is known speaks against fraud.',
};

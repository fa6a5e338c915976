// shared/decisions/about-card.ts: whether a stored decision is about a card, without parsing it.

/** Tokens have no characters that JSON would escape but the backslash and the quote. */
export function isAboutCard(decisionBytes: Uint8Array, cardToken: string): boolean {
  const { buffer, byteOffset, length } = decisionBytes;
  return Buffer.from(buffer, byteOffset, length).includes(`"cardToken":${JSON.stringify(cardToken)}`);
}

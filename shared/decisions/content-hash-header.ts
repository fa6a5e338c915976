// shared/decisions/content-hash-header.ts: the header by which a decision carries the hash of its transaction's content.

/** Lets a rebuilt decision store tell a redelivery from another transaction under the same id. */
export const CONTENT_HASH_HEADER = 'fraud_content_hash';

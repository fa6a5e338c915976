// test/support/archive-records.ts: training rows and outcomes as the topics carry them, for tests of the archive and of what reads it.
import type { Outcome } from '../../shared/domain/outcome.ts';
import type { TrainingRow } from '../../shared/domain/training-row.ts';
import { EVENT_BYTES, writeEvent } from '../../shared/sequence/packed-event.ts';

export const DAY_MS = 86_400_000;
export const FIRST_MS = Date.parse('2026-03-01T00:00:00.000Z');

const toBase64 = (values: Float32Array | Uint8Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

function packEvent(timeMs: number, amount: number): Uint8Array {
  const bytes = new Uint8Array(EVENT_BYTES);
  writeEvent(new DataView(bytes.buffer), 0, {
    timeMs,
    idLow: timeMs % 1_000,
    idHigh: 1,
    type: 1,
    entryMode: 1,
    category: 3,
    country: 1,
    flags: 0,
    monthsPastDue: 0,
    amount,
    levelDifference: 0,
    levelZ: 0,
    categoryDifference: 0,
    categoryGapLog: 0,
    gapLog: 0,
    authentication: 0,
    merchantHash: 7,
    burstRatio: 1,
  });
  return bytes;
}

/** A row scored `day` days after 1 March 2026. */
export function trainingRow(id: string, day: number, more: Partial<TrainingRow> = {}): TrainingRow {
  const timeMs = FIRST_MS + Math.round(day * DAY_MS);
  const own = packEvent(timeMs, 1.5);
  const before = packEvent(timeMs - 3_600_000, 1);
  return {
    transactionId: id,
    portfolioId: 'default',
    cardToken: `tok_${id.length % 7}`,
    merchantKey: 'term-1',
    eventTime: new Date(timeMs).toISOString(),
    decided: true,
    inputOffset: 'fraud.transactions.v1-0@0',
    context: toBase64(Buffer.concat([before, own])),
    features: toBase64(Float32Array.of(day, 2, 3)),
    readings: toBase64(Float32Array.of(0.5, day)),
    rawScore: -1.25,
    score: 0.25,
    tier: 'full',
    labelAsKnown: 'unknown',
    contextDigest: '0123456789abcdef',
    featureVersion: 'f1',
    encoderVersion: 'e1',
    modelVersion: 'm1',
    referenceDigest: 'r1',
    ...more,
  };
}

/** Evidence that became known `knownOn` days after 1 March 2026 about the row of `day`. */
export function outcomeOf(id: string, day: number, knownOn: number, more: Partial<Outcome> = {}): Outcome {
  const isoOf = (at: number) => new Date(FIRST_MS + Math.round(at * DAY_MS)).toISOString();
  return {
    outcomeId: `o-${id}-${knownOn}`,
    action: 'new',
    kind: 'fraud-report',
    transactionId: id,
    portfolioId: 'default',
    cardToken: `tok_${id.length % 7}`,
    transactionTime: isoOf(day),
    label: 'fraud',
    labeledAt: isoOf(knownOn),
    ...more,
  };
}

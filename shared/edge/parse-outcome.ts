// shared/edge/parse-outcome.ts: record bytes → Outcome, or a refusal that names the field and never echoes a value.
import { type Outcome, outcomeSchema } from '../domain/outcome.ts';
import { AppError } from '../errors.ts';
import { defaultEdgeSettings, type EdgeSettings } from './edge-settings.ts';
import { outcomeClasses, outcomeUnknownFields } from './field-classes.ts';
import { checkTime, type InvalidRecord, parseRecord, refuseDataErrors } from './parse-record.ts';

export type ParsedOutcome =
  | {
      readonly kind: 'ok';
      readonly outcome: Outcome;
      readonly transactionTimeMs: number;
      readonly labeledAtMs: number;
      readonly unknownFields: number;
      readonly idsLikeCardNumbers: number;
    }
  | InvalidRecord;

/** What an outcome is read with, from a record or from a request. */
export const outcomeReader = {
  schema: outcomeSchema,
  classes: outcomeClasses('id'),
  strictClasses: outcomeClasses('strict-id'),
  countUnknownFields: outcomeUnknownFields,
};

/**
 * Parses one record of `fraud.outcomes.v1`. Never throws for what a sender can do.
 * @param key record key, which must be the card token
 * @param nowMs the clock, milliseconds since the epoch
 */
export function parseOutcome(
  value: Uint8Array | null,
  key: Uint8Array | null,
  nowMs: number,
  settings: EdgeSettings = defaultEdgeSettings,
): ParsedOutcome {
  const record = { value, key };
  return refuseDataErrors(record, () => {
    const { value: outcome, ...counts } = parseRecord(record, outcomeReader, settings);
    const times = judgeOutcome(outcome, nowMs, settings);
    return { kind: 'ok', outcome, ...times, ...counts };
  });
}

/**
 * What the schema cannot say of an outcome: plausible times, in order.
 * @throws AppError FRAUD_EVENT_TIME_IMPLAUSIBLE, FRAUD_FIELD_INVALID
 */
export function judgeOutcome(
  outcome: Outcome,
  nowMs: number,
  settings: EdgeSettings,
): { readonly transactionTimeMs: number; readonly labeledAtMs: number } {
  const transactionTimeMs = Date.parse(outcome.transactionTime);
  const labeledAtMs = Date.parse(outcome.labeledAt);
  const limits = { nowMs, maxFutureMs: settings.maxFutureMs, maxPastMs: settings.maxOutcomePastMs };
  checkTime('transactionTime', transactionTimeMs, limits);
  checkTime('labeledAt', labeledAtMs, limits);
  if (labeledAtMs < transactionTimeMs)
    throw new AppError('FRAUD_FIELD_INVALID', {
      field: 'labeledAt',
      detail: 'Expected a time not before transactionTime.',
    });
  return { transactionTimeMs, labeledAtMs };
}

// services/scoring-api/score-once.ts: READ FIRST: one request → one evaluation, however often it is sent: joined in flight, replayed afterwards, refused when it differs.
import { isDecided } from '../../shared/domain/transaction.ts';
import { AppError } from '../../shared/errors.ts';
import { settleBefore } from '../../shared/lifecycle/settle-before.ts';
import type { ApiMetrics } from './api-metrics.ts';
import type { Evaluate } from './evaluate.ts';
import { fingerprintOf, mismatchOf, namesOf, type RecallAnswer } from './recall-answer.ts';
import type { Recorder } from './recorder.ts';
import type { ScoreAnswer, ScoreCall } from './score-call.ts';

/** Answers within the caller's deadline. @throws AppError FRAUD_DEADLINE_PASSED, FRAUD_REQUEST_IN_FLIGHT and those of the parts */
export type ScoreOnce = (call: ScoreCall) => Promise<ScoreAnswer>;

export interface ScoreOnceParts {
  readonly evaluate: Evaluate;
  readonly recall: RecallAnswer;
  /** Absent: nothing can be recorded. */
  readonly recorder: Recorder | undefined;
  readonly metrics: ApiMetrics;
}

interface Flight {
  readonly fingerprint: string;
  readonly answer: Promise<ScoreAnswer>;
}

export function createScoreOnce(parts: ScoreOnceParts): ScoreOnce {
  const flights = new Map<string, Flight>();
  const join = async (call: ScoreCall, flight: Flight): Promise<ScoreAnswer> => {
    if (flight.fingerprint !== fingerprintOf(call)) throw mismatchOf(call);
    const joined = await settleBefore(flight.answer, call.terms.deadlineAt);
    if (!joined) throw new AppError('FRAUD_REQUEST_IN_FLIGHT');
    parts.metrics.replayed.inc();
    return { ...joined.answer, isReplayed: true };
  };
  return async (call) => {
    requireScorable(call, parts.recorder);
    const { key, transaction } = namesOf(call);
    const name = `${key ?? transaction}|${call.isRecorded}`;
    const flight = flights.get(name);
    if (flight) return join(call, flight);
    const answer = answerOnce(call, parts);
    flights.set(name, { fingerprint: fingerprintOf(call), answer });
    // The flight ends with its answer, not with the caller's patience: a repeat meanwhile joins it.
    void answer.catch(() => {}).finally(() => flights.delete(name));
    const settled = await settleBefore(answer, call.terms.deadlineAt);
    if (!settled) throw new AppError('FRAUD_DEADLINE_PASSED');
    return settled.answer;
  };
}

async function answerOnce(
  call: ScoreCall,
  { evaluate, recall, recorder }: ScoreOnceParts,
): Promise<ScoreAnswer> {
  const byKey = recall.findByKey(call);
  if (byKey) return byKey;
  const known = await recall.findByTransaction(call);
  if (known) return { ...known, bytes: await recall.keep(call, known.bytes, true) };
  const [made] = await evaluate([call.received], call.terms);
  if (!made?.decisionBytes) throw new AppError('FRAUD_TYPE_NOT_DECIDED', { field: 'type' });
  try {
    if (call.isRecorded) await recorder?.record([made]);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'FRAUD_STORE_CONFLICT') throw error;
    // Another process decided it between our look and our commit: its decision stands.
    const first = await recall.findByTransaction(call);
    if (first) return first;
    throw error;
  }
  return { bytes: await recall.keep(call, made.decisionBytes, call.isRecorded), isReplayed: false };
}

/** @throws AppError FRAUD_TYPE_NOT_DECIDED, FRAUD_RECORDING_UNAVAILABLE */
function requireScorable({ received, isRecorded }: ScoreCall, recorder: Recorder | undefined): void {
  if (!isDecided(received.transaction)) throw new AppError('FRAUD_TYPE_NOT_DECIDED', { field: 'type' });
  if (isRecorded && !recorder) throw new AppError('FRAUD_RECORDING_UNAVAILABLE', { field: 'record' });
}

// test/shared/scoring/encoder-breaker.test.ts: the circuit opens after failures in a row or silence, and closes again without a restart.
import { expect, test } from 'vitest';
import { createSettableClock } from '../../../shared/clock.ts';
import type { EncodedRow } from '../../../shared/encoder/encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import { type BreakerState, createEncoderBreaker } from '../../../shared/scoring/encoder-breaker.ts';

const failed = () => Promise.reject(new AppError('FRAUD_ENCODER_FAILED'));
const overloaded = () => Promise.reject(new AppError('FRAUD_ENCODER_OVERLOADED'));
const answered = (): Promise<EncodedRow[]> => Promise.resolve([]);

function setUp(silentMs = 60_000) {
  const clock = createSettableClock(0);
  const states: BreakerState[] = [];
  let behaviour: () => Promise<EncodedRow[]> = answered;
  let calls = 0;
  const breaker = createEncoderBreaker(
    () => {
      calls += 1;
      return behaviour();
    },
    { clock, failures: 3, openMs: 1_000, silentMs, onChange: (state) => states.push(state) },
  );
  const call = () =>
    breaker.encodeMany([]).then(
      () => 'answered',
      (error: unknown) => (error instanceof AppError ? error.code : 'other'),
    );
  return {
    clock,
    states,
    breaker,
    call,
    behave: (next: () => Promise<EncodedRow[]>) => {
      behaviour = next;
    },
    calls: () => calls,
  };
}

test('three failures in a row open the circuit: the encoder is no longer asked', async () => {
  const { behave, call, calls, breaker } = setUp();
  behave(failed);
  for (let index = 0; index < 5; index += 1) expect(await call()).toBe('FRAUD_ENCODER_FAILED');
  expect(breaker.state()).toBe('open');
  expect(calls()).toBe(3);
});

test('failures between answers leave it closed, and so does a full queue', async () => {
  const { behave, call, breaker } = setUp();
  for (const behaviour of [failed, failed, answered, failed, failed, overloaded, failed]) {
    behave(behaviour);
    await call();
  }
  expect(breaker.state()).toBe('closed');
});

test('after the pause one call is let through, and its answer closes the circuit', async () => {
  const { behave, call, clock, states, calls } = setUp();
  behave(failed);
  for (let index = 0; index < 3; index += 1) await call();
  clock.set(1_000);
  expect(await call()).toBe('FRAUD_ENCODER_FAILED');
  expect(await call()).toBe('FRAUD_ENCODER_FAILED');
  expect(calls()).toBe(4);
  behave(answered);
  clock.set(2_000);
  expect(await Promise.all([call(), call()])).toEqual(['answered', 'FRAUD_ENCODER_FAILED']);
  expect(await call()).toBe('answered');
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
});

test('an encoder that never answers opens the circuit as well', async () => {
  const { behave, breaker } = setUp(5);
  behave(() => new Promise(() => {}));
  for (let index = 0; index < 3; index += 1) void breaker.encodeMany([]);
  await expect.poll(() => breaker.state()).toBe('open');
});

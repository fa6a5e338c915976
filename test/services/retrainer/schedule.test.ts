// test/services/retrainer/schedule.test.ts: when a cron expression is due, who waits how long, and what becomes of instants that nobody was there for.
import { describe, expect, test } from 'vitest';
import { createSchedule, type ScheduleOptions } from '../../../services/retrainer/schedule.ts';
import { readRetrainerServiceSettings } from '../../../services/retrainer/service-config.ts';

const at = (time: string): number => Date.parse(`2026-03-${time}:00.000Z`);
const nightly = (more: Partial<ScheduleOptions> = {}) =>
  createSchedule({
    expression: '0 3 * * *',
    timeZone: 'UTC',
    jitterSeconds: 0,
    missedRuns: 'run-once',
    holder: 'one',
    startedMs: at('01T12:00'),
    ...more,
  });

describe('a schedule', () => {
  test('is due from its instant on, not before, and knows the next one', () => {
    const schedule = nightly();
    expect(schedule.dueAt(at('02T02:59'), undefined)).toBeUndefined();
    expect(schedule.dueAt(at('02T03:00'), undefined)).toBe(at('02T03:00'));
    expect(schedule.dueAt(at('02T17:00'), undefined)).toBe(at('02T03:00'));
    expect(schedule.nextAfter(at('02T17:00'))).toBe(at('03T03:00'));
  });

  test('follows the clock of its time zone', () => {
    expect(nightly({ timeZone: 'Europe/Berlin' }).nextAfter(at('02T17:00'))).toBe(at('03T02:00'));
  });

  test('makes up for the latest missed instant once, or for none', () => {
    const lastDone = at('01T03:00');
    const startedMs = at('05T12:00');
    expect(nightly({ startedMs }).dueAt(at('05T12:01'), lastDone)).toBe(at('05T03:00'));
    expect(nightly({ startedMs }).dueAt(at('05T12:01'), at('05T03:00'))).toBeUndefined();
    expect(nightly({ startedMs, missedRuns: 'skip' }).dueAt(at('05T12:01'), lastDone)).toBeUndefined();
    expect(nightly({ startedMs, missedRuns: 'skip' }).dueAt(at('06T03:00'), lastDone)).toBe(at('06T03:00'));
  });

  test('has missed nothing where it was never kept', () => {
    expect(nightly({ startedMs: at('05T12:00') }).dueAt(at('05T12:01'), undefined)).toBeUndefined();
  });

  test('jitter is each replica’s own, always the same, and within its bound', () => {
    const delayOf = (holder: string): number => {
      const schedule = nightly({ holder, jitterSeconds: 600 });
      for (let second = 0; ; second += 10) {
        if (schedule.dueAt(at('02T03:00') + second * 1_000, undefined) !== undefined) return second;
      }
    };
    const delays = Array.from({ length: 20 }, (_, index) => delayOf(`replica-${index}`));
    expect(Math.max(...delays)).toBeLessThanOrEqual(600);
    expect(new Set(delays).size).toBeGreaterThan(10);
    expect(delayOf('replica-3')).toBe(delays[3]);
  });

  test('without an expression is never due', () => {
    const schedule = nightly({ expression: '' });
    expect(schedule.dueAt(at('02T03:00'), undefined)).toBeUndefined();
    expect(schedule.nextAfter(at('02T03:00'))).toBeUndefined();
  });

  test.each([{ expression: 'every night' }, { expression: '61 3 * * *' }, { timeZone: 'Europe/Atlantis' }])(
    'refuses %o',
    (wrong) => {
      expect(() => nightly(wrong)).toThrow(expect.objectContaining({ code: 'FRAUD_CONFIG_INVALID' }));
    },
  );
});

test('a schedule that is never due is asked for by that word: an empty setting is an absent one', () => {
  expect(readRetrainerServiceSettings({ FRAUD_RETRAIN_SCHEDULE: 'never' }).schedule).toBe('');
  expect(readRetrainerServiceSettings({ FRAUD_RETRAIN_SCHEDULE: '' }).schedule).toBe('0 3 * * *');
});

test('settings of the job are refused when the service starts, not when its first job does', () => {
  const wrong = { FRAUD_RETRAIN_MODE: 'heads', FRAUD_RETRAIN_PROMOTE: 'perhaps', FRAUD_DRIFT_MINUTES: '0' };
  for (const name of Object.keys(wrong)) {
    expect(() => readRetrainerServiceSettings(wrong)).toThrow(name);
  }
});

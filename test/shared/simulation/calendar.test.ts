// test/shared/simulation/calendar.test.ts: the calendar: always the earliest first, recurring entries filed again, single ones forgotten.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../shared/simulation/calendar.ts';

describe('the calendar', () => {
  it('lets things happen in order of time, whatever the order in which they were added', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 })), (times) => {
        const calendar = createCalendar();
        const happened: number[] = [];
        for (const time of times) calendar.once(time, (now) => happened.push(now));
        while (calendar.size > 0) calendar.advance();
        expect(happened).toEqual([...times].sort((one, other) => one - other));
      }),
    );
  });

  it('files a recurring entry again, even when something is added while it happens', () => {
    const calendar = createCalendar();
    const happened: string[] = [];
    calendar.add(0, {
      happen: (now) => {
        happened.push(`beat ${now}`);
        calendar.once(now + 5, (then) => happened.push(`echo ${then}`));
        return now < 20 ? now + 10 : Number.POSITIVE_INFINITY;
      },
    });
    while (calendar.size > 0) calendar.advance();
    expect(happened).toEqual(['beat 0', 'echo 5', 'beat 10', 'echo 15', 'beat 20', 'echo 25']);
  });

  it('holds nothing that never happens', () => {
    const calendar = createCalendar();
    calendar.once(Number.POSITIVE_INFINITY, () => {});
    expect(calendar.size).toBe(0);
    expect(calendar.nextTimeMs).toBe(Number.POSITIVE_INFINITY);
  });
});

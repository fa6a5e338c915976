// shared/simulation/calendar.ts: what happens next: a heap of occurrences by time, one standing entry per card and one per pending event.

/** Something that happens at a time and may happen again. */
export interface Occurrence {
  /** @returns when it happens next (ms since the epoch), or Infinity when it is over */
  happen(timeMs: number): number;
}

/** The order of events. Holds only what is still to come. */
export interface Calendar {
  /** Time of the earliest occurrence; Infinity when none is left. */
  readonly nextTimeMs: number;
  readonly size: number;
  add(timeMs: number, occurrence: Occurrence): void;
  /** Adds something that happens a single time; nothing at all at Infinity. */
  once(timeMs: number, happen: (timeMs: number) => void): void;
  /** Lets the earliest occurrence happen and files it again when it recurs. */
  advance(): void;
}

/** A binary heap with times in a typed array. Occurrences of the same millisecond come in a fixed, seed-dependent order. */
export function createCalendar(): Calendar {
  let times = new Float64Array(1024);
  const occurrences: Occurrence[] = [];
  let size = 0;

  function siftDown(timeMs: number, occurrence: Occurrence): void {
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (times[child + 1] as number) < (times[child] as number)) child += 1;
      if ((times[child] as number) >= timeMs) break;
      times[at] = times[child] as number;
      occurrences[at] = occurrences[child] as Occurrence;
      at = child;
    }
    times[at] = timeMs;
    occurrences[at] = occurrence;
  }

  function add(timeMs: number, occurrence: Occurrence): void {
    if (timeMs === Number.POSITIVE_INFINITY) return;
    if (size === times.length) {
      const larger = new Float64Array(size * 2);
      larger.set(times);
      times = larger;
    }
    let at = size;
    size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= timeMs) break;
      times[at] = times[parent] as number;
      occurrences[at] = occurrences[parent] as Occurrence;
      at = parent;
    }
    times[at] = timeMs;
    occurrences[at] = occurrence;
  }

  function removeFirst(): void {
    size -= 1;
    const last = occurrences.pop();
    if (size > 0 && last) siftDown(times[size] as number, last);
  }

  /** The heap may have changed while the first occurrence happened, but nothing new is earlier than now, so it is first still. */
  function advance(): void {
    const timeMs = times[0] as number;
    const first = occurrences[0] as Occurrence;
    const next = first.happen(timeMs);
    if (next === Number.POSITIVE_INFINITY) removeFirst();
    else siftDown(Math.max(next, timeMs), first);
  }

  return {
    get nextTimeMs() {
      return size === 0 ? Number.POSITIVE_INFINITY : (times[0] as number);
    },
    get size() {
      return size;
    },
    add,
    once: (timeMs, happen) =>
      add(timeMs, {
        happen: (nowMs) => {
          happen(nowMs);
          return Number.POSITIVE_INFINITY;
        },
      }),
    advance,
  };
}

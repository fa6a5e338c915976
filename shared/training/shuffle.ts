// shared/training/shuffle.ts: numbers put into another order by chance, in place.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

interface Numbers {
  readonly length: number;
  [place: number]: number;
}

/** Fisher and Yates, from the last place on: the same generator gives the same order. */
export function shuffle(numbers: Numbers, generator: RandomGenerator): void {
  for (let last = numbers.length - 1; last > 0; last--) {
    const other = uniformInt(generator, 0, last);
    const held = numbers[last] ?? 0;
    numbers[last] = numbers[other] ?? 0;
    numbers[other] = held;
  }
}

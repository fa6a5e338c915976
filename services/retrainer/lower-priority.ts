// services/retrainer/lower-priority.ts: a retraining takes the processors that others leave: a scorer beside it must not feel it.
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Linux counts a priority per thread: threads started later inherit it, those that run already are named one by one. */
const THREADS = '/proc/self/task';

/** Of this process and whatever threads it starts from now on; call before libraries that bring threads of their own are loaded. */
export function lowerPriority(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  for (const thread of readThreads()) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function readThreads(): number[] {
  try {
    return readdirSync(THREADS).map(Number);
  } catch {
    // Elsewhere a priority is the whole process's.
    return [];
  }
}

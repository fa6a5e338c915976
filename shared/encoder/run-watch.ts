// shared/encoder/run-watch.ts: a deadline that every sign of life moves: how a hung worker is noticed.

/** A deadline that every sign of life moves. */
export interface RunWatch {
  /** @param isWaiting whether an answer is owed from now on */
  restart(isWaiting: boolean): void;
  stop(): void;
}

/** A timer that fires this much too late says that the process itself stood still (a machine that slept, a stopped container). */
const STOOD_STILL_MS = 500;

/**
 * A main thread that was blocked itself finds timer and answer due together; one more round of the event loop lets the answer win. A
 * process that stood still as a whole has no answer waiting: its workers stood still too and get the whole deadline again.
 * @param now monotonic, ms
 */
export function createRunWatch(
  deadlineMs: number,
  onSilence: () => void,
  now: () => number = () => performance.now(),
): RunWatch {
  let timer: NodeJS.Timeout | undefined;
  let restarts = 0;
  const stop = () => {
    restarts++;
    clearTimeout(timer);
  };
  const arm = () => {
    const dueAt = now() + deadlineMs;
    const restartsBefore = restarts;
    timer = setTimeout(() => {
      if (now() - dueAt > STOOD_STILL_MS) return arm();
      setImmediate(() => {
        if (restarts === restartsBefore) onSilence();
      });
    }, deadlineMs);
  };
  return {
    stop,
    restart(isWaiting) {
      stop();
      if (isWaiting) arm();
    },
  };
}

// shared/encoder/run-watch.ts: a deadline that every sign of life moves: how a hung worker is noticed.

/** A deadline that every sign of life moves. */
export interface RunWatch {
  /** @param isWaiting whether an answer is owed from now on */
  restart(isWaiting: boolean): void;
  stop(): void;
}

/** A main thread that was blocked itself finds timer and answer due together; one more round of the event loop lets the answer win. */
export function createRunWatch(deadlineMs: number, onSilence: () => void): RunWatch {
  let timer: NodeJS.Timeout | undefined;
  let restarts = 0;
  const stop = () => {
    restarts++;
    clearTimeout(timer);
  };
  return {
    stop,
    restart(isWaiting) {
      stop();
      if (!isWaiting) return;
      const restartsBefore = restarts;
      timer = setTimeout(() => {
        setImmediate(() => {
          if (restarts === restartsBefore) onSilence();
        });
      }, deadlineMs);
    },
  };
}

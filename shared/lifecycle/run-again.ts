// shared/lifecycle/run-again.ts: one run at a time; asked while it runs, it runs once more, however often it was asked.

/** A task that must not run beside itself, and must not miss what happened while it ran. */
export interface RepeatableTask {
  /** Resolves when a run has ended that began after this call. */
  run(): Promise<void>;
  /** No run begins from now on. Resolves when the one under way has ended. */
  close(): Promise<void>;
}

/** @param task must not reject */
export function createRepeatableTask(task: () => Promise<void>): RepeatableTask {
  let running: Promise<void> | undefined;
  let isAskedAgain = false;
  let isClosed = false;
  const runUntilQuiet = async (): Promise<void> => {
    do {
      isAskedAgain = false;
      await task();
    } while (isAskedAgain && !isClosed);
    running = undefined;
  };
  return {
    run: () => {
      if (isClosed) return Promise.resolve();
      if (running) isAskedAgain = true;
      else running = runUntilQuiet();
      return running;
    },
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

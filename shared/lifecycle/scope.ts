// shared/lifecycle/scope.ts: what was started, stopped in reverse order; a half start is rolled back.

/** Owns what a process has started. */
export interface Scope {
  /** Starts one part and remembers how to stop it. When `start` throws, everything before it is stopped and the error goes on. */
  start<Part>(name: string, start: () => Part | Promise<Part>, stop: (part: Part) => unknown): Promise<Part>;
  /** Stops all parts, last started first, each once. A part that fails to stop does not keep the others running. */
  stop(): Promise<void>;
}

/** @param onStopFailure told of a part that would not stop; the rest is stopped all the same */
export function createScope(onStopFailure: (name: string, error: unknown) => void): Scope {
  const started: { readonly name: string; readonly stop: () => unknown }[] = [];
  const stop = async (): Promise<void> => {
    for (let part = started.pop(); part; part = started.pop()) {
      try {
        await part.stop();
      } catch (error) {
        onStopFailure(part.name, error);
      }
    }
  };
  return {
    stop,
    start: async (name, start, stopPart) => {
      try {
        const part = await start();
        started.push({ name, stop: () => stopPart(part) });
        return part;
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}

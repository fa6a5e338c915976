// shared/lifecycle/settle-before.ts: waits for an answer until an instant, not longer.

/**
 * The answer, or undefined when the instant (of `performance.now()`) comes first. Failures before it go on; what comes later is
 * dropped, failures included.
 */
export async function settleBefore<Answer>(
  pending: Promise<Answer>,
  instant: number,
): Promise<{ readonly answer: Answer } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, instant - performance.now()), undefined);
  });
  try {
    return await Promise.race([pending.then((answer) => ({ answer })), late]);
  } finally {
    clearTimeout(timer);
  }
}

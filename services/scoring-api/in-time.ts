// services/scoring-api/in-time.ts: waits for an answer until the caller's deadline, not longer.

/** The answer, or undefined when the deadline (an instant of `performance.now()`) comes first. Failures go on. */
export async function settleBefore<Answer>(
  pending: Promise<Answer>,
  deadlineAt: number,
): Promise<{ readonly answer: Answer } | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadlineAt - performance.now()), undefined);
  });
  try {
    return await Promise.race([pending.then((answer) => ({ answer })), late]);
  } finally {
    clearTimeout(timer);
  }
}

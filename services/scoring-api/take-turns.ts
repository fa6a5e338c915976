// services/scoring-api/take-turns.ts: work put off to the end of this turn of the event loop, so much per turn: what arrives is seen before it.

/**
 * Acts after the sockets of this turn were read, in order; what is too much for one turn goes to the next ones.
 * @param each acts per turn
 */
export function createTurns(each: number): (act: () => void) => void {
  const waiting: (() => void)[] = [];
  let isDue = false;
  const next = (): void => {
    const due = waiting.splice(0, each);
    isDue = waiting.length > 0;
    if (isDue) setImmediate(next);
    for (const act of due) act();
  };
  return (act) => {
    waiting.push(act);
    if (isDue) return;
    isDue = true;
    setImmediate(next);
  };
}

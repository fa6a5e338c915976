// services/fraudctl/stage-lines.ts: progress as lines, for logs: one when a stage begins, then one every half minute, with the time left.
import type { OnProgress } from '../../shared/transfer/prepare-encoder.ts';

/** Between two lines of one stage. */
const QUIET_MS = 30_000;

/** @param now monotonic, ms */
export function createStageLines(write: (line: string) => void, now: () => number): OnProgress {
  let stage = '';
  let beganAt = 0;
  let toldAt = 0;
  return (name, done, all, note = '') => {
    const at = now();
    if (name !== stage) {
      stage = name;
      beganAt = at;
    } else if (at - toldAt < QUIET_MS) return;
    toldAt = at;
    const share = all > 0 ? done / all : 0;
    const leftMs = share > 0 && share < 1 ? ((at - beganAt) * (1 - share)) / share : 0;
    const left = leftMs > 0 ? `, about ${Math.ceil(leftMs / 1000)} s left` : '';
    write(`${name}: ${done} of ${all} (${Math.floor(100 * share)} %)${left} ${note}`.trimEnd());
  };
}

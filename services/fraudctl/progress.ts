// services/fraudctl/progress.ts: a progress bar on stderr for what takes longer than two seconds; silent where nobody watches.
import { SingleBar } from 'cli-progress';

const QUIET_MS = 2_000;

export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

/** @param label what is counted, e.g. `records` */
export function createProgress(label: string): Progress {
  const format = `{bar} {percentage} % | {value}/{total} ${label} | {duration_formatted}, {eta_formatted} left`;
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true, hideCursor: true });
  const begun = performance.now();
  let isShown = false;
  return {
    update: (done, total) => {
      if (!process.stderr.isTTY) return;
      if (!isShown && performance.now() - begun > QUIET_MS) {
        bar.start(total, done);
        isShown = true;
      }
      if (isShown) bar.update(done);
    },
    stop: () => {
      if (isShown) bar.stop();
    },
  };
}

// services/fraudctl/stage-bar.ts: progress on stderr of work that has stages: name, share, time left, remark; as a bar, or as lines in a log.
import { SingleBar } from 'cli-progress';
import type { OnProgress } from '../../shared/transfer/prepare-encoder.ts';
import { createStageLines } from './stage-lines.ts';

/** A bar that begins anew with every stage; lines where stderr is no terminal. */
export function createStageBar(): { advance: OnProgress; stop(): void } {
  if (!process.stderr.isTTY) {
    const write = (line: string) => void process.stderr.write(`${line}\n`);
    return { advance: createStageLines(write, () => performance.now()), stop: () => {} };
  }
  const bar = new SingleBar({
    format: '{stage} [{bar}] {percentage}% | {value}/{total} | ETA {eta_formatted} {note}',
    stream: process.stderr,
    hideCursor: true,
  });
  let current = '';
  const stop = () => {
    if (current) bar.stop();
    current = '';
  };
  return {
    stop,
    advance: (stage, done, all, note = '') => {
      if (stage !== current) {
        stop();
        bar.start(all, done, { stage, note });
        current = stage;
      }
      bar.update(done, { stage, note });
      if (done >= all) stop();
    },
  };
}

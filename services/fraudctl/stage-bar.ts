// services/fraudctl/stage-bar.ts: progress on stderr of work that has stages: name, share, time left, remark.
import { SingleBar } from 'cli-progress';
import type { OnProgress } from '../../shared/transfer/prepare-encoder.ts';

/** A bar that begins anew with every stage. */
export function createStageBar(): { advance: OnProgress; stop(): void } {
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

// shared/scoring/start-challengers.ts: encoders of challengers that have one of their own: one yielding worker each, started while the champion already answers.
import { constants } from 'node:os';
import { createOnnxEncoder, type OnnxEncoder } from '../encoder/onnx-encoder.ts';
import type { OwnChallenger } from './challengers.ts';
import type { Champion } from './champion.ts';

/** A shadow that holds a batch and is silent for this long is given up, ms. */
const SILENT_MS = 5_000;
const START_DEADLINE_MS = 60_000;

export interface StartedChallengers {
  readonly own: readonly OwnChallenger[];
  /** Waits for encoders that are still starting, then stops all; what hangs is left to itself. */
  close(): Promise<void>;
}

/** @param onFailure told of an encoder that does not start; its challenger then scores nothing */
export function startChallengers(
  versions: readonly Champion[],
  options: {
    /** Padded positions that may wait or be in flight. */
    readonly queueLimitPositions: number;
    readonly onReady: (modelVersion: string) => void;
    readonly onFailure: (modelVersion: string, error: unknown) => void;
    /** Doubles only. */
    readonly start?: typeof createOnnxEncoder;
  },
): StartedChallengers {
  const { queueLimitPositions, onReady, onFailure, start = createOnnxEncoder } = options;
  const started = versions.map((version) => {
    let encoder: OnnxEncoder | undefined;
    const starting = start({
      ...version.encoderParts,
      provider: 'cpu',
      workers: 1,
      niceness: constants.priority.PRIORITY_LOW,
      queueLimitPositions,
      runDeadlineMs: SILENT_MS,
      startDeadlineMs: START_DEADLINE_MS,
    }).then(
      (ready) => {
        encoder = ready;
        onReady(version.manifest.modelVersion);
      },
      (error: unknown) => onFailure(version.manifest.modelVersion, error),
    );
    const close = async (): Promise<void> => {
      await starting;
      if (encoder?.isHealthy()) await encoder.close();
    };
    return { challenger: { version, encoder: () => encoder }, close };
  });
  return {
    own: started.map(({ challenger }) => challenger),
    close: async () => {
      await Promise.all(started.map(({ close }) => close()));
    },
  };
}

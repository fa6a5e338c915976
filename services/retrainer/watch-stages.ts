// services/retrainer/watch-stages.ts: how long each stage took.
import type { Stage } from './state.ts';

/** Seconds by stage. */
export type StageTimes = Readonly<Record<string, number>>;

/** Wraps a stage under its name. */
export type Watched = <In, Out>(name: string, stage: Stage<In, Out>) => (state: In) => Promise<Out>;

export interface WatchedStages {
  readonly times: StageTimes;
  readonly watched: Watched;
}

/** @param onBegin told when a stage begins */
export function watchStages(onBegin: (name: string) => void = () => {}): WatchedStages {
  const times: Record<string, number> = {};
  return {
    times,
    watched: (name, stage) => async (state) => {
      onBegin(name);
      const begun = performance.now();
      const done = await stage(state);
      times[name] = Math.round(performance.now() - begun) / 1_000;
      return done;
    },
  };
}

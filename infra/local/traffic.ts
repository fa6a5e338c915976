// infra/local/traffic.ts: the traffic of a demonstration: simulated portfolios, or a mapped file; with the truth noted for judging.
import { loadMapping } from '../../shared/replay/mapping.ts';
import { type MappedLine, readMappedChunks } from '../../shared/replay/read-mapped.ts';
import { createSimulation } from '../../shared/simulation/simulation.ts';
import type { DemonstrationOptions } from './options.ts';
import { timeOf, toLine } from './simulated-line.ts';

const DAY_MS = 86_400_000;
/** Days told before the live part: they only fill histories. */
const WARM_UP_DAYS = 30;
const LIVE_DAYS = 3650;
/** Demonstration portfolios have seeds of their own, far from those of pretraining and of the champion. */
const SEED_OFFSET = 90_000_000;

/** History first (decides nothing), then live lines. */
export interface Traffic {
  readonly source: string;
  readonly history: () => AsyncIterable<readonly MappedLine[]>;
  readonly live: () => AsyncIterable<readonly MappedLine[]>;
}

/** Lines of [from, until), one by one: the live part is never read ahead of its pace. */
async function* simulate(
  seed: number,
  startMs: number,
  window: { from: number; until: number },
): AsyncGenerator<MappedLine[]> {
  const records = createSimulation({
    seed: SEED_OFFSET + seed,
    portfolios: 3,
    cards: 400,
    startTime: new Date(startMs).toISOString(),
    days: LIVE_DAYS,
    domain: 'any',
    fraudRate: 0.01,
  });
  for (const record of records) {
    const line = toLine(record);
    const time = timeOf(line);
    if (time >= window.until) return;
    if (time >= window.from) yield [line];
  }
}

/** @param nowMs the live part of simulated traffic begins 30 days before it */
export function createTraffic({ input, mapping, seed }: DemonstrationOptions, nowMs: number): Traffic {
  if (input !== undefined && mapping !== undefined) {
    const read = () => readMappedChunks({ file: input, mapping: loadMapping(mapping) });
    return { source: 'file', history: async function* () {}, live: read };
  }
  // The same world for the same seed on one day.
  const liveFrom = Math.floor(nowMs / DAY_MS - 30) * DAY_MS;
  const startMs = liveFrom - WARM_UP_DAYS * DAY_MS;
  return {
    source: 'simulation',
    history: () => simulate(seed, startMs, { from: startMs, until: liveFrom }),
    live: () => simulate(seed, startMs, { from: liveFrom, until: Number.POSITIVE_INFINITY }),
  };
}

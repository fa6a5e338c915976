// shared/training/simulated-streams.ts: unlabelled traffic of simulated portfolios for pretraining, and of others held out.
import { createReferenceBuilder } from '../features/build-reference.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import { createSimulation, drawTraits, type SimulationOptions } from '../simulation/simulation.ts';
import {
  createEventCollector,
  createPackedStreamBuilder,
  type PackedStream,
  type PackedStreamBuilder,
} from './packed-stream.ts';

export interface SimulatedSizes {
  readonly seed: number;
  readonly portfolios: number;
  readonly heldOutPortfolios: number;
  /** Per portfolio. */
  readonly cards: number;
  readonly days: number;
}

/** What is collected of all portfolios, training and held out. */
export interface PretrainingStreams {
  readonly training: PackedStream;
  readonly heldOut: PackedStream;
}

/** Held-out portfolios have seeds this far from the training ones: none is in both. */
const HELD_OUT_OFFSET = 1_000_000;
const START_TIME = '2025-01-06T00:00:00.000Z';

/** Reference of a portfolio from its own traffic, as one that starts with the product would have it. */
function buildReference(options: SimulationOptions): PopulationReference {
  const builder = createReferenceBuilder(drawTraits(options)[0]?.portfolioId ?? '');
  for (const record of createSimulation(options)) {
    if (record.kind === 'transaction') builder.add(record.transaction);
  }
  return builder.build();
}

/** The portfolio is told twice, for the reference and for the events: cheaper than to hold it. */
function collectPortfolio(options: SimulationOptions, builder: PackedStreamBuilder): void {
  const reference = buildReference(options);
  const collect = createEventCollector(builder, () => reference);
  for (const record of createSimulation(options)) {
    if (record.kind === 'transaction') collect(record.transaction);
  }
}

/** @param onPortfolio told after each portfolio: how many of all are done */
export async function collectSimulated(
  sizes: SimulatedSizes,
  onPortfolio: (done: number, all: number) => void = () => {},
): Promise<PretrainingStreams> {
  const all = sizes.portfolios + sizes.heldOutPortfolios;
  const collect = async (from: number, count: number, before: number): Promise<PackedStream> => {
    const builder = createPackedStreamBuilder();
    for (let index = 0; index < count; index++) {
      const { cards, days } = sizes;
      collectPortfolio(
        { seed: from + index, portfolios: 1, cards, days, startTime: START_TIME, domain: 'any' },
        builder,
      );
      onPortfolio(before + index + 1, all);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return builder.build();
  };
  const training = await collect(sizes.seed, sizes.portfolios, 0);
  const heldOut = await collect(sizes.seed + HELD_OUT_OFFSET, sizes.heldOutPortfolios, sizes.portfolios);
  return { training, heldOut };
}

// shared/training/mapped-streams.ts: unlabelled traffic of a mapped file for pretraining; some cards held out.
import { createReferenceBuilder, type ReferenceBuilder } from '../features/build-reference.ts';
import type { PopulationReference } from '../features/population-reference.ts';
import type { Mapping } from '../replay/mapping.ts';
import { readMappedChunks } from '../replay/read-mapped.ts';
import { hashMerchant } from '../sequence/id-hash.ts';
import { createEventCollector, createPackedStreamBuilder } from './packed-stream.ts';
import type { PretrainingStreams } from './simulated-streams.ts';

export interface MappedSource {
  readonly file: string;
  readonly mapping: Mapping;
  readonly from?: Date;
  readonly until?: Date;
  /** Share of the cards, chosen by hash, on which losses are measured and nothing is trained. */
  readonly heldOutShare: number;
}

export interface MappedStreams extends PretrainingStreams {
  /** Made from the same rows; what scoring with the encoder should use at first. */
  readonly references: ReadonlyMap<string, PopulationReference>;
}

async function buildReferences(source: MappedSource): Promise<Map<string, PopulationReference>> {
  const builders = new Map<string, ReferenceBuilder>();
  for await (const lines of readMappedChunks({ ...source, withOutcomes: false })) {
    for (const line of lines) {
      if (line.kind !== 'transaction') continue;
      const { portfolioId } = line.transaction;
      const builder = builders.get(portfolioId) ?? createReferenceBuilder(portfolioId);
      builders.set(portfolioId, builder);
      builder.add(line.transaction);
    }
  }
  return new Map([...builders].map(([portfolioId, builder]) => [portfolioId, builder.build()]));
}

/** Reads the file twice: for the references, then for the events. Labels are not looked at. */
export async function collectMapped(source: MappedSource): Promise<MappedStreams> {
  const references = await buildReferences(source);
  const referenceOf = (portfolioId: string): PopulationReference =>
    references.get(portfolioId) ?? createReferenceBuilder(portfolioId).build();
  const [training, heldOut] = [createPackedStreamBuilder(), createPackedStreamBuilder()];
  const collect = {
    training: createEventCollector(training, referenceOf),
    heldOut: createEventCollector(heldOut, referenceOf),
  };
  const isHeldOut = (card: string): boolean => hashMerchant(card) / 2 ** 32 < source.heldOutShare;
  for await (const lines of readMappedChunks({ ...source, withOutcomes: false })) {
    for (const line of lines) {
      if (line.kind !== 'transaction') continue;
      const { transaction } = line;
      if (isHeldOut(transaction.cardToken)) collect.heldOut(transaction);
      else collect.training(transaction);
    }
  }
  return { training: training.build(), heldOut: heldOut.build(), references };
}

// test/quality/sparkov-streams.ts: Sparkov's unlabelled stream at its own prevalence of fraud and at lower ones, as the protocol lists them.
import { readFileSync } from 'node:fs';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import type { PopulationReference } from '../../shared/features/population-reference.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { type MappedLine, readMappedChunks } from '../../shared/replay/read-mapped.ts';
import {
  createEventCollector,
  createPackedStreamBuilder,
  type PackedStream,
} from '../../shared/training/packed-stream.ts';
import { CUT_MS, findQualityData } from './sparkov-data.ts';

/** Share of fraud in the unlabelled stream. */
export const prevalences = ['1.41%', '0.19%', '0.02%'] as const;
export type Prevalence = (typeof prevalences)[number];

export interface UnlabelledStream {
  readonly training: PackedStream;
  /** One card in twenty, to tell losses on. */
  readonly heldOut: PackedStream;
  /** What is usual in this stream. */
  readonly reference: PopulationReference;
}

const HELD_OUT_EVERY = 20;
const cardIdOf = (cardToken: string): number => Number(cardToken.replace(/\D/g, ''));

/** Card ids whose frauds stay in the stream; undefined when all stay. */
export function keptCards(prevalence: Prevalence): ReadonlySet<number> | undefined {
  if (prevalence === '1.41%') return undefined;
  const file = findQualityData('sparkov/draws.json') ?? '';
  const {
    fraudCardsKeptInUnlabelledStream: kept,
  }: { fraudCardsKeptInUnlabelledStream: Record<string, number[]> } = JSON.parse(readFileSync(file, 'utf8'));
  return new Set(kept[prevalence]);
}

/** Rows before the cut, without the frauds that this prevalence leaves out: the labels make the stream, nothing else sees them. */
async function* tellRows(
  file: string,
  prevalence: Prevalence,
): AsyncGenerator<Extract<MappedLine, { kind: 'transaction' }>> {
  const kept = keptCards(prevalence);
  const options = { file, mapping: loadMapping('sparkov'), until: new Date(CUT_MS), withOutcomes: false };
  for await (const lines of readMappedChunks(options)) {
    for (const line of lines) {
      if (line.kind !== 'transaction') continue;
      const isLeftOut = line.label === 'fraud' && kept && !kept.has(cardIdOf(line.transaction.cardToken));
      if (!isLeftOut) yield line;
    }
  }
}

/** What is usual in the unlabelled stream, without tails. */
export async function measureUsual(file: string, prevalence: Prevalence): Promise<PopulationReference> {
  const builder = createReferenceBuilder('sparkov');
  for await (const { transaction } of tellRows(file, prevalence)) builder.add(transaction);
  return builder.build();
}

export async function readUnlabelled(file: string, prevalence: Prevalence): Promise<UnlabelledStream> {
  const reference = await measureUsual(file, prevalence);
  const [training, heldOut] = [createPackedStreamBuilder(), createPackedStreamBuilder()];
  const collect = {
    training: createEventCollector(training, () => reference),
    heldOut: createEventCollector(heldOut, () => reference),
  };
  for await (const { transaction } of tellRows(file, prevalence)) {
    const isHeldOut = cardIdOf(transaction.cardToken) % HELD_OUT_EVERY === 1;
    collect[isHeldOut ? 'heldOut' : 'training'](transaction);
  }
  return { training: training.build(), heldOut: heldOut.build(), reference };
}

const CHUNK = 2_000;

/** The unlabelled stream as transactions, in order of time. */
export async function* tellUnlabelled(
  file: string,
  prevalence: Prevalence,
): AsyncGenerator<readonly Transaction[]> {
  let chunk: Transaction[] = [];
  for await (const { transaction } of tellRows(file, prevalence)) {
    chunk.push(transaction);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

// test/quality/reason-streams.ts: what reasons are judged on: simulated portfolios by the shipped champion, and the Handbook's file under a reference of its own.
import { createReferenceBuilder } from '../../shared/features/build-reference.ts';
import type { VerifiedVersion } from '../../shared/registry/registry.ts';
import { loadMapping } from '../../shared/replay/mapping.ts';
import { readMapped } from '../../shared/replay/read-mapped.ts';
import type { DecidedEvaluation } from '../../shared/scoring/scorer.ts';
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';
import type { Line } from './collect-alerts.ts';

const DAY_MS = 86_400_000;
/** Of the Handbook's transactions that are alerts: the shipped champion's own thresholds belong to other portfolios. */
const ALERT_SHARE = 0.005;
/** About two days. */
const CALIBRATION_ROWS = 18_000;
const START_TIME = '2026-04-06T00:00:00.000Z';
const WARM_DAYS = 30;
const JUDGED_DAYS = 15;

/** Kinds of traffic in turn, a seed each. */
const domains = ['mixed', 'card-not-present', 'point-of-sale'] as const;

export function simulatedStream(seed: number, place: number): { lines: Iterable<Line>; fromMs: number } {
  const options: SimulationOptions = {
    seed,
    domain: domains[place % domains.length] ?? 'mixed',
    cards: 600,
    days: WARM_DAYS + JUDGED_DAYS,
    startTime: START_TIME,
    fraudRate: 0.01,
  };
  return { lines: toLines(options), fromMs: Date.parse(START_TIME) + WARM_DAYS * DAY_MS };
}

function* toLines(options: SimulationOptions): Generator<Line> {
  for (const record of createSimulation(options)) {
    if (record.kind === 'outcome') yield record;
    else {
      const { transaction, truth } = record;
      yield { kind: 'transaction', transaction, isFraud: truth.label === 'fraud', typology: truth.typology };
    }
  }
}

/** Forty days of history, the first thirty also for the reference; then seven days, of which the first two set the threshold. */
const HANDBOOK_START = new Date('2018-05-01T00:00:00Z');
const HANDBOOK_REFERENCE_UNTIL = new Date('2018-06-01T00:00:00Z');
const HANDBOOK_FROM = Date.parse('2018-06-10T00:00:00Z');
const HANDBOOK_UNTIL = new Date('2018-06-17T00:00:00Z');

/** The version as it would be set up for the Handbook's portfolio: what is usual there in place of the shipped reference. */
export async function withHandbookReference(
  version: VerifiedVersion,
  file: string,
): Promise<VerifiedVersion> {
  const builder = createReferenceBuilder('*');
  const mapping = loadMapping('handbook');
  for await (const line of readMapped({
    file,
    mapping,
    until: HANDBOOK_REFERENCE_UNTIL,
    withOutcomes: false,
  })) {
    if (line.kind === 'transaction') builder.add(line.transaction);
  }
  const name = 'reference-handbook.json';
  const files = new Map([
    ...version.files,
    [name, new TextEncoder().encode(JSON.stringify(builder.build()))],
  ]);
  return { ...version, manifest: { ...version.manifest, references: { '*': { file: name } } }, files };
}

export function handbookStream(file: string): { lines: AsyncIterable<Line>; fromMs: number } {
  return { lines: toHandbookLines(file), fromMs: HANDBOOK_FROM };
}

async function* toHandbookLines(file: string): AsyncGenerator<Line> {
  for await (const line of readMapped({
    file,
    mapping: loadMapping('handbook'),
    from: HANDBOOK_START,
    until: HANDBOOK_UNTIL,
  })) {
    if (line.kind === 'outcome') yield { kind: 'outcome', outcome: line.outcome };
    else yield { kind: 'transaction', transaction: line.transaction, isFraud: line.label === 'fraud' };
  }
}

/** Flags the highest raw scores, by a threshold taken from the first rows, none of which is flagged. */
export function createTopShare(): (evaluation: Pick<DecidedEvaluation, 'rawScore'>) => boolean {
  const seen: number[] = [];
  let threshold = Number.POSITIVE_INFINITY;
  return ({ rawScore }) => {
    if (seen.length < CALIBRATION_ROWS) {
      seen.push(rawScore);
      if (seen.length === CALIBRATION_ROWS) {
        const sorted = seen.toSorted((left, right) => right - left);
        threshold = sorted[Math.floor(CALIBRATION_ROWS * ALERT_SHARE)] ?? threshold;
      }
      return false;
    }
    return rawScore >= threshold;
  };
}

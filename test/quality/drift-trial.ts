// test/quality/drift-trial.ts: one seed: weeks of quiet, then the same world told twice, with and without a change of its fraud.
import { buildDriftReference, type DriftReference } from '../../shared/drift/drift-reference.ts';
import { DAY_MS, type DriftRow } from '../../shared/drift/drift-row.ts';
import { createDriftWatch, type DriftWatch } from '../../shared/drift/drift-watch.ts';
import type { DriftStatus } from '../../shared/drift/judge-drift.ts';
import { fullHeadInputs } from '../../shared/head/head-inputs.ts';
import type { ScoringModel } from '../../shared/scoring/scorer.ts';
import { typologies } from '../../shared/simulation/fraud-phases.ts';
import type { SimulatedRecord } from '../../shared/simulation/simulated-record.ts';
import { createSimulation, type SimulationOptions } from '../../shared/simulation/simulation.ts';
import { scoreStream } from './drift-replay.ts';

/** Days of a trial, from the start of the world. The change comes halfway through what is watched. */
export const trialDays = {
  reference: 100,
  watched: 128,
  change: 156,
  /** Of the world without a change, and (longer: what strikes late is seen late) of the one with it. */
  end: 184,
  endOfChanged: 198,
} as const;
/** Chargebacks of the new kind are waited for so long: all but a few come within 150 days. */
const LAST_CHARGEBACK_DAY = trialDays.change + 120;
const FRAUD_RATE = 0.01;
const startMs = Date.parse('2025-01-01T00:00:00.000Z');

export interface TrialOptions {
  readonly seed: number;
  readonly cards: number;
  /** Kinds of fraud after the change; before it all others act. */
  readonly kinds: readonly string[];
  /** Fraud after the change against before. */
  readonly rateFactor: number;
  readonly model: ScoringModel;
}

export interface DriftTrial {
  readonly seed: number;
  /** Decided transactions that were scored. */
  readonly rows: number;
  /** Days since the change; undefined: never. The signal comes at the end of a day. */
  readonly firstFraud: number | undefined;
  readonly firstChargeback: number | undefined;
  readonly signal: number | undefined;
  readonly cause: string | undefined;
  /** Signals in the weeks before the change, and in the world where it never comes. */
  readonly falseSignal: string | undefined;
  /** Largest deviation over limit of the quiet world, by source: how near a false trigger was. */
  readonly quietHighest: Readonly<Record<string, number>>;
}

function toPhases(
  kinds: readonly string[],
  rateFactor: number | undefined,
): SimulationOptions['fraudPhases'] {
  const before = typologies.map(({ name }) => name).filter((name) => !kinds.includes(name));
  const change = { fromDay: trialDays.change, typologies: kinds, rateFactor: rateFactor ?? 1 };
  return [{ fromDay: 0, typologies: before }, ...(rateFactor === undefined ? [] : [change])];
}

const dayOfTrial = (eventTimeMs: number): number => (eventTimeMs - startMs) / DAY_MS;
const toMs = (day: number): number => startMs + day * DAY_MS;

/** The signal as days since the change: the judged day is complete at its end. */
const sinceChange = (status: DriftStatus): number =>
  dayOfTrial(((status.day ?? 0) + 1) * DAY_MS) - trialDays.change;

export async function runDriftTrial({
  seed,
  cards,
  kinds,
  rateFactor,
  model,
}: TrialOptions): Promise<DriftTrial> {
  const world = { seed, cards, fraudRate: FRAUD_RATE };
  const still = createSimulation({
    ...world,
    days: trialDays.end,
    fraudPhases: toPhases(kinds, undefined),
  });
  const quiet = await watchQuiet(still, model);
  const changed = { ...world, fraudPhases: toPhases(kinds, rateFactor) };
  const moments = findMoments(createSimulation({ ...changed, days: LAST_CHARGEBACK_DAY }), kinds);
  const watch = createDriftWatch(quiet.reference);
  for (const row of quiet.beforeChange) watch.add(row);
  const noticed = await untilSignal(
    createSimulation({ ...changed, days: trialDays.endOfChanged }),
    model,
    watch,
  );
  return {
    seed,
    rows: quiet.rows + noticed.rows,
    ...moments,
    signal: noticed.status && sinceChange(noticed.status),
    cause: noticed.status?.cause && `${noticed.status.cause.source} ${noticed.status.cause.columns[0]}`,
    falseSignal: quiet.falseSignal,
    quietHighest: quiet.highest,
  };
}

async function watchQuiet(stream: Iterable<SimulatedRecord>, model: ScoringModel) {
  const past: DriftRow[] = [];
  const beforeChange: DriftRow[] = [];
  const highest: Record<string, number> = {};
  let reference: DriftReference | undefined;
  let watch: DriftWatch | undefined;
  let falseSignal: string | undefined;
  let rows = 0;
  for await (const row of scoreStream(stream, model, toMs(trialDays.reference))) {
    rows++;
    const day = dayOfTrial(row.eventTimeMs);
    if (day < trialDays.watched) {
      past.push(row);
      continue;
    }
    reference ??= buildDriftReference(past, { inputs: fullHeadInputs(model.champion.config) });
    watch ??= createDriftWatch(reference);
    if (day < trialDays.change) beforeChange.push(row);
    const status = watch.add(row);
    for (const { source, deviations, limit } of status?.latest?.sources ?? []) {
      highest[source] = Math.max(
        highest[source] ?? 0,
        Math.round((100 * Math.abs(deviations)) / limit) / 100,
      );
    }
    if (status?.decision === 'drift')
      falseSignal ??= `day ${sinceChange(status)} ${status.cause?.source} ${status.cause?.columns[0]}`;
  }
  if (!reference) throw new RangeError('The simulation told no transaction.');
  return { reference, beforeChange, falseSignal, rows, highest };
}

/** Goes on until drift is seen or the trial ends; what the signal needs is known by then. */
async function untilSignal(stream: Iterable<SimulatedRecord>, model: ScoringModel, watch: DriftWatch) {
  let rows = 0;
  for await (const row of scoreStream(stream, model, toMs(trialDays.change))) {
    rows++;
    const status = watch.add(row);
    if (status?.decision === 'drift' && sinceChange(status) > 0) return { rows, status };
  }
  return { rows, status: undefined };
}

/** When the new kind first struck, and when the first chargeback told of it. */
function findMoments(stream: Iterable<SimulatedRecord>, kinds: readonly string[]) {
  const ofNewKind = new Set<string>();
  let firstFraud: number | undefined;
  for (const record of stream) {
    if (record.kind === 'transaction') {
      if (!kinds.includes(record.truth.typology ?? '')) continue;
      ofNewKind.add(record.transaction.transactionId);
      firstFraud ??= dayOfTrial(Date.parse(record.transaction.eventTime)) - trialDays.change;
    } else if (record.outcome.kind === 'chargeback' && ofNewKind.has(record.outcome.transactionId)) {
      const firstChargeback = dayOfTrial(Date.parse(record.outcome.labeledAt)) - trialDays.change;
      return { firstFraud, firstChargeback };
    }
  }
  return { firstFraud, firstChargeback: undefined };
}

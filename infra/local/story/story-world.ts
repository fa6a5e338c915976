// infra/local/story/story-world.ts: the simulated portfolio told up to a day at a time, the truth noted for the judges.
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { NEW_KIND, type StoryOptions, storyDays, storySimulation, toDay } from './story-plan.ts';

/** What really happened, by transaction id: known to the judges alone. */
export interface StoryTruth {
  readonly frauds: ReadonlySet<string>;
  /** First fraud of the new kind, and the first chargeback that told of one; days. */
  readonly firstNewFraud: number | undefined;
  readonly firstNewChargeback: number | undefined;
}

export interface StoryWorld {
  /** Lines before that day which were not told yet, in order of time. */
  tellUntil(day: number): MappedLine[];
  truth(): StoryTruth;
}

export function createStoryWorld(options: StoryOptions): StoryWorld {
  const records = createSimulation(storySimulation(options))[Symbol.iterator]();
  const frauds = new Set<string>();
  const newFrauds = new Set<string>();
  let firstNewFraud: number | undefined;
  let firstNewChargeback: number | undefined;
  let next = records.next();

  function takeLine(): MappedLine {
    const record = next.value;
    next = records.next();
    if (record.kind === 'outcome') {
      const knownAtMs = Date.parse(record.outcome.labeledAt);
      if (record.outcome.kind === 'chargeback' && newFrauds.has(record.outcome.transactionId)) {
        firstNewChargeback ??= toDay(knownAtMs);
      }
      return { ...record, knownAtMs };
    }
    const { transaction, truth } = record;
    const eventTimeMs = Date.parse(transaction.eventTime);
    if (truth.label === 'fraud') frauds.add(transaction.transactionId);
    if (truth.typology === NEW_KIND) {
      newFrauds.add(transaction.transactionId);
      firstNewFraud ??= toDay(eventTimeMs);
    }
    return { kind: 'transaction', transaction, label: truth.label, eventTimeMs };
  }

  return {
    tellUntil: (day) => {
      const lines: MappedLine[] = [];
      while (!next.done && dayOf(next.value) < day) lines.push(takeLine());
      return lines;
    },
    truth: () => ({ frauds, firstNewFraud, firstNewChargeback }),
  };
}

function dayOf(record: ReturnType<typeof createSimulation> extends Iterable<infer Record> ? Record : never) {
  const time = record.kind === 'outcome' ? record.outcome.labeledAt : record.transaction.eventTime;
  return toDay(Date.parse(time));
}

/** Payments that only fill histories. */
export const tellHistory = (world: StoryWorld): MappedLine[] => world.tellUntil(storyDays.watched);

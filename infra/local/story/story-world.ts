// infra/local/story/story-world.ts: the simulated portfolio told up to a day at a time, the truth noted for the judges.
import type { MappedLine } from '../../../shared/replay/read-mapped.ts';
import type { SimulatedRecord } from '../../../shared/simulation/simulated-record.ts';
import { createSimulation } from '../../../shared/simulation/simulation.ts';
import { timeOf, toLine } from '../simulated-line.ts';
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

  function note(record: SimulatedRecord, day: number): void {
    if (record.kind === 'outcome') {
      const { kind, transactionId } = record.outcome;
      if (kind === 'chargeback' && newFrauds.has(transactionId)) firstNewChargeback ??= day;
      return;
    }
    const { transaction, truth } = record;
    if (truth.label === 'fraud') frauds.add(transaction.transactionId);
    if (truth.typology === NEW_KIND) {
      newFrauds.add(transaction.transactionId);
      firstNewFraud ??= day;
    }
  }

  return {
    tellUntil: (day) => {
      const lines: MappedLine[] = [];
      for (; !next.done; next = records.next()) {
        const line = toLine(next.value);
        const at = toDay(timeOf(line));
        if (at >= day) break;
        note(next.value, at);
        lines.push(line);
      }
      return lines;
    },
    truth: () => ({ frauds, firstNewFraud, firstNewChargeback }),
  };
}

/** Payments that only fill histories. */
export const tellHistory = (world: StoryWorld): MappedLine[] => world.tellUntil(storyDays.watched);

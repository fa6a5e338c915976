// shared/rules/try-rules.ts: which entries would have hit how often in a past stream, and how many of those were fraud as far as labels are known.
import type { RuleFinding } from '../domain/decision.ts';
import { isDecided, type Transaction } from '../domain/transaction.ts';
import { createReplay, type ReplayOptions } from '../features/replay-into-memory.ts';
import type { RuleSet } from './rule-set.ts';

/** A line of the stream, in event-time order. */
export interface TriedLine {
  readonly transaction: Transaction;
  /** Where the file knows it: for counting only, never an input. */
  readonly label?: 'fraud' | 'genuine' | undefined;
}

export interface TriedEntry {
  readonly code: string;
  hits: number;
  /** Of the hits, those labelled fraud. */
  fraudHits: number;
  /** Decided transactions for which it could not be asked: its expression threw. */
  notJudged: number;
}

export interface RulesTrial {
  add(line: TriedLine): void;
  /** In the order of precedence. */
  readonly entries: readonly TriedEntry[];
  /** Decided transactions so far, and those of them labelled fraud. */
  readonly counts: { transactions: number; frauds: number };
}

/** Histories start empty: velocity rules miss what happened before the first line. Entries are counted alike, in shadow or not, overruled or not. */
export function createRulesTrial(ruleSet: RuleSet, options: ReplayOptions): RulesTrial {
  const replay = createReplay(options);
  const byCode = new Map(
    ruleSet.entries.map(({ code }) => [code, { code, hits: 0, fraudHits: 0, notJudged: 0 }]),
  );
  const counts = { transactions: 0, frauds: 0 };
  const count = ({ hits, shadowHits, notJudged = [] }: RuleFinding, isFraud: boolean): void => {
    for (const { code } of [...hits, ...shadowHits]) {
      const entry = byCode.get(code);
      if (!entry) continue;
      entry.hits += 1;
      if (isFraud) entry.fraudHits += 1;
    }
    for (const code of notJudged) {
      const entry = byCode.get(code);
      if (entry) entry.notJudged += 1;
    }
  };
  return {
    entries: [...byCode.values()],
    counts,
    add: ({ transaction, label }) => {
      if (!isDecided(transaction)) return replay.append(transaction);
      const { context } = replay.push(transaction);
      counts.transactions += 1;
      if (label === 'fraud') counts.frauds += 1;
      count(ruleSet.judge({ transaction, features: context.features }), label === 'fraud');
    },
  };
}

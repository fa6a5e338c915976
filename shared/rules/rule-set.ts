// shared/rules/rule-set.ts: lists and rules, compiled: which of them hit a transaction, and what they make of the model's decision.
import type { DecisionVerb, RuleEffect, RuleFinding, RuleHit } from '../domain/decision.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Membership } from './membership.ts';
import type { RuleExpression } from './rule-expression.ts';
import { createFacts, type Facts } from './rule-facts.ts';

/** What an entry looks at. */
export type EntryTest =
  | { readonly kind: 'list'; readonly isMember: Membership; readonly size: number }
  | { readonly kind: 'rule'; readonly expression: RuleExpression };

/** One list or rule. */
export interface CompiledEntry {
  readonly code: string;
  readonly effect: RuleEffect;
  readonly sentence: string;
  readonly shadow: boolean;
  /** The field that a list looks up, or the text of the expression: for people. */
  readonly about: string;
  readonly test: EntryTest;
}

/** What is judged. */
export interface RuleQuestion {
  readonly transaction: Transaction;
  /** In the order of `featureNames`. */
  readonly features: Float32Array;
  /** The histories could not be read: entries that read features are not judged. */
  readonly withoutHistory?: boolean | undefined;
}

export interface RuleSet {
  /** First 16 hex characters of SHA-256 over the content of file and lists. */
  readonly digest: string;
  /** In the order of precedence: block lists, allow lists, decline rules, review rules. */
  readonly entries: readonly CompiledEntry[];
  /** Every entry is asked, those overruled too. Never throws. Not for concurrent use from several threads. */
  judge(question: RuleQuestion): RuleFinding;
}

/** Precedence: what stands first decides; the model stands before `review`. */
const order: readonly RuleEffect[] = ['block', 'allow', 'decline', 'review'];

/** Keeps the order of the file within one effect. */
export function createRuleSet(digest: string, written: readonly CompiledEntry[]): RuleSet {
  const entries = order.flatMap((effect) => written.filter((entry) => entry.effect === effect));
  const asked = entries.map(toAsked);
  const expressions = entries.flatMap(({ test }) => (test.kind === 'rule' ? [test.expression] : []));
  const toFacts = createFacts(new Set(expressions.flatMap(({ features }) => [...features])));
  const hasRules = expressions.length > 0;
  const noFacts: Facts = {};
  const nothing: RuleFinding = { digest, hits: [], shadowHits: [] };
  return {
    digest,
    entries,
    judge: (question) => {
      const facts = hasRules ? toFacts(question.transaction, question.features) : noFacts;
      return askAll(asked, question, facts, nothing);
    },
  };
}

/** `nothing` itself when no entry hits, as mostly: nothing is allocated that is kept. */
function askAll(
  asked: readonly AskedEntry[],
  question: RuleQuestion,
  facts: Facts,
  nothing: RuleFinding,
): RuleFinding {
  const hits: RuleHit[] = [];
  const shadowHits: RuleHit[] = [];
  const notJudged: string[] = [];
  for (const one of asked) {
    const answer = ask(one, question, facts);
    if (answer === undefined) notJudged.push(one.hit.code);
    else if (answer) (one.shadow ? shadowHits : hits).push(one.hit);
  }
  if (hits.length + shadowHits.length + notJudged.length === 0) return nothing;
  return { digest: nothing.digest, hits, shadowHits, ...(notJudged.length > 0 && { notJudged }) };
}

interface AskedEntry extends Pick<CompiledEntry, 'test' | 'shadow'> {
  /** What a decision says of it: made once. */
  readonly hit: RuleHit;
  readonly readsHistory: boolean;
}

function toAsked({ code, effect, sentence, test, shadow }: CompiledEntry): AskedEntry {
  const readsHistory = test.kind === 'rule' && test.expression.features.size > 0;
  return { test, shadow, hit: { code, effect, sentence }, readsHistory };
}

/** Undefined: it cannot be asked without the histories, or its expression threw. It does not fire, is named in the decision and counted, and fails nothing. */
function ask(
  { test, readsHistory }: AskedEntry,
  { transaction, withoutHistory }: RuleQuestion,
  facts: Facts,
): boolean | undefined {
  if (test.kind === 'list') return test.isMember(transaction);
  if (withoutHistory && readsHistory) return undefined;
  try {
    return test.expression.isTrue(facts);
  } catch {
    return undefined;
  }
}

/** What entries that are not in shadow make of the model's decision; undefined: the model's stands. */
export function overrule(
  byModel: DecisionVerb,
  { hits }: RuleFinding,
): { readonly decision: DecisionVerb; readonly decidedBy: 'list' | 'rule' } | undefined {
  switch (hits[0]?.effect) {
    case 'block':
      return { decision: 'decline', decidedBy: 'list' };
    case 'allow':
      return { decision: 'approve', decidedBy: 'list' };
    case 'decline':
      return { decision: 'decline', decidedBy: 'rule' };
    case 'review':
      return byModel === 'approve' ? { decision: 'review', decidedBy: 'rule' } : undefined;
    case undefined:
      return undefined;
  }
}

// shared/rules/rule-metrics.ts: hits of one decision into the counters; codes come from the rules file, so from a closed set.
import type { RuleFinding } from '../domain/decision.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';

/** Called once per decision that is made, not for one that is sent again. */
export function countRuleHits(
  { ruleHits }: Pick<ScorerMetrics, 'ruleHits'>,
  found: RuleFinding | undefined,
): void {
  if (!found) return;
  for (const { code, effect } of found.hits) ruleHits.inc({ code, effect, mode: 'live' });
  for (const { code, effect } of found.shadowHits) ruleHits.inc({ code, effect, mode: 'shadow' });
  for (const code of found.notJudged ?? []) ruleHits.inc({ code, effect: '', mode: 'not-judged' });
}

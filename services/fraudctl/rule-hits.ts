// services/fraudctl/rule-hits.ts: what a running service's rules have hit since it started, read from its /metrics.
import { AppError } from '../../shared/errors.ts';

export interface RunningRules {
  /** Of the rules in use there; undefined: none. */
  readonly digest: string | undefined;
  /** Hits of the entry, live or in shadow. */
  hitsOf(code: string): number;
}

const TIMEOUT_MS = 5_000;
const inUse = /^fraud_rules_info\{digest="([0-9a-f]+)"\} 1$/m;
const hitLines = /^fraud_rule_hits_total\{code="([A-Z0-9_]+)",effect="\w+",mode="(?:live|shadow)"\} (\d+)$/gm;

/** @throws AppError FRAUD_INPUT_INVALID when nobody answers there */
export async function readRuleHits(url: string): Promise<RunningRules> {
  const text = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    .then((answer) => answer.text())
    .catch((cause: unknown) => {
      throw new AppError('FRAUD_INPUT_INVALID', { detail: `${url} does not answer.`, cause });
    });
  const hits = new Map<string, number>();
  for (const [, code = '', count = '0'] of text.matchAll(hitLines)) {
    hits.set(code, (hits.get(code) ?? 0) + Number(count));
  }
  return { digest: inUse.exec(text)?.[1], hitsOf: (code) => hits.get(code) ?? 0 };
}

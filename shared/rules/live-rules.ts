// shared/rules/live-rules.ts: the rules that judge now: read at the start, again when a file changes; an invalid one is refused and the ones before stay.
import { stat } from 'node:fs/promises';
import type { Scope } from '../lifecycle/scope.ts';
import type { Logger } from '../observability/logger.ts';
import type { ScorerMetrics } from '../observability/metrics.ts';
import { loadRules } from './load-rules.ts';
import type { RuleSet } from './rule-set.ts';

export interface FollowRulesOptions {
  /** `rulesFile` empty: no rules, nothing is watched, and nothing is spent on them. */
  readonly settings: { readonly rulesFile: string };
  readonly log: Logger;
  readonly metrics: Pick<ScorerMetrics, 'ruleFiles' | 'rulesInUse'>;
  /** What judges: given the first rules before this resolves, and others between two of its calls. */
  readonly scorer: { replaceRules(rules: RuleSet): void };
  readonly scope: Scope;
}

export interface LiveRules {
  /** Looks once: has a file changed? The rules before go on until the next ones are ready. Never throws. */
  look(): Promise<void>;
}

const LOOK_EVERY_MS = 1_000;

/** Looks every second until the scope stops. @throws AppError FRAUD_RULES_INVALID: a service does not start with rules it cannot read */
export async function followRules(options: FollowRulesOptions): Promise<LiveRules> {
  if (!options.settings.rulesFile) return { look: async () => {} };
  const live = await startLiveRules(options);
  await options.scope.start(
    'rules',
    () => setInterval(() => void live.look(), LOOK_EVERY_MS),
    (timer) => clearInterval(timer),
  );
  return live;
}

async function startLiveRules({ settings, log, metrics, scorer }: FollowRulesOptions): Promise<LiveRules> {
  const { rulesFile } = settings;
  let digest = '';
  let files: readonly string[] = [rulesFile];
  let stamp = '';
  let isLooking = false;

  const take = async (): Promise<void> => {
    const now = await stampOf(files);
    if (now === stamp) return;
    // Remembered before reading: an invalid file is told once, one that changes while it is read is read again.
    stamp = now;
    const loaded = await loadRules(rulesFile);
    if (loaded.files.join() !== files.join()) {
      files = loaded.files;
      stamp = await stampOf(files);
    }
    if (loaded.ruleSet.digest === digest) return;
    const before = digest;
    digest = loaded.ruleSet.digest;
    scorer.replaceRules(loaded.ruleSet);
    metrics.ruleFiles.inc({ result: 'taken' });
    metrics.rulesInUse.reset();
    metrics.rulesInUse.set({ digest }, 1);
    log.info({ rulesDigest: digest, before, entries: loaded.ruleSet.entries.length }, 'rules are in use');
  };
  await take();
  return {
    look: async () => {
      if (isLooking) return;
      isLooking = true;
      try {
        await take();
      } catch (error) {
        metrics.ruleFiles.inc({ result: 'refused' });
        log.error({ err: error, rulesDigest: digest }, 'changed rules are refused; the ones before stay');
      } finally {
        isLooking = false;
      }
    },
  };
}

/** Changes when one of the files does; a file that is gone counts as changed. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    return found ? `${found.ino}-${found.size}-${found.mtimeNs}` : 'absent';
  });
  return (await Promise.all(stamps)).join();
}

// test/shared/rules/live-rules.test.ts: rules that change while a service runs: taken when valid, refused when not.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createScope } from '../../../shared/lifecycle/scope.ts';
import { createLogger } from '../../../shared/observability/logger.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';
import { followRules } from '../../../shared/rules/live-rules.ts';

const rulesOf = (card: string) => `version: 1
lists:
  - { code: STOLEN, effect: block, field: card, values: [${card}], sentence: Stolen. }
  - { code: LONG, effect: block, field: card, file: long.txt, sentence: Long. }
`;

/** What a service has around its rules, and a file of its own. */
function createWorld() {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-live-rules-'));
  const scope = createScope(() => {});
  onTestFinished(async () => {
    await scope.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const rulesFile = join(directory, 'rules.yaml');
  const used: string[] = [];
  const lines: string[] = [];
  const metrics = createScorerMetrics();
  const countOf = async (name: string) => {
    const text = await metrics.registry.getSingleMetricAsString(name);
    return text.split('\n').filter((line) => !line.startsWith('#'));
  };
  return {
    write: (text: string, name = 'rules.yaml') => {
      // As editors and deployments do: another file takes the name.
      writeFileSync(join(directory, 'incoming'), text);
      renameSync(join(directory, 'incoming'), join(directory, name));
    },
    used,
    lines,
    countOf,
    follow: () =>
      followRules({
        settings: { rulesFile },
        log: createLogger('test', 'info', { write: (line) => void lines.push(line) }),
        metrics,
        scorer: { replaceRules: ({ digest }) => void used.push(digest) },
        scope,
      }),
  };
}

test('a changed file or list is taken, an unchanged one is left alone', async () => {
  const { write, follow, used, countOf } = createWorld();
  write('tok_long', 'long.txt');
  write(rulesOf('tok_1'));
  const rules = await follow();
  await rules.look();
  expect(used).toHaveLength(1);
  write(rulesOf('tok_2'));
  await rules.look();
  write('tok_long\ntok_longer', 'long.txt');
  await rules.look();
  await rules.look();
  expect(new Set(used).size).toBe(3);
  expect(await countOf('fraud_rules_info')).toEqual([`fraud_rules_info{digest="${used[2]}"} 1`]);
});

test('an invalid file is refused and told once without its values; the rules before stay until a valid one comes', async () => {
  const { write, follow, used, lines, countOf } = createWorld();
  write('tok_long', 'long.txt');
  write(rulesOf('tok_1'));
  const rules = await follow();
  write(rulesOf('"tok|2"'));
  await rules.look();
  await rules.look();
  expect(used).toHaveLength(1);
  const told = lines.filter((line) => line.includes('refused'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('rules.yaml:3 lists.0.values');
  expect(lines.join()).not.toContain('tok');
  expect(await countOf('fraud_rule_files_total')).toContain('fraud_rule_files_total{result="refused"} 1');
  write(rulesOf('tok_2'));
  await rules.look();
  expect(used).toHaveLength(2);
});

test('a service does not start with rules it cannot read', async () => {
  const { follow } = createWorld();
  await expect(follow()).rejects.toMatchObject({ code: 'FRAUD_RULES_INVALID' });
});

test('without a file there are no rules and nothing is watched', async () => {
  const used: string[] = [];
  const rules = await followRules({
    settings: { rulesFile: '' },
    log: createLogger('test', 'silent'),
    metrics: createScorerMetrics(),
    scorer: { replaceRules: ({ digest }) => void used.push(digest) },
    scope: {
      start: () => {
        throw new Error('nothing to start');
      },
      stop: async () => {},
    },
  });
  await rules.look();
  expect(used).toEqual([]);
});

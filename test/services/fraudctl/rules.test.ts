// test/services/fraudctl/rules.test.ts: `fraudctl rules check|show`: what a file says, what it would have hit, and what a running service has hit.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { register } from '../../../services/fraudctl/verbs/rules.ts';
import { createScorerMetrics } from '../../../shared/observability/metrics.ts';
import { countRuleHits } from '../../../shared/rules/rule-metrics.ts';
import { tellVerb } from '../../support/tell-verb.ts';

const rules = `version: 1
lists:
  - { code: LISTED, effect: block, field: card, values: [c-1], sentence: Listed. }
rules:
  - { code: THIRD_IN_AN_HOUR, effect: review, when: "count(feature.cardCountHour) >= 3.0", sentence: Third. }
  - { code: THROWS, effect: review, when: "1 / 0 > 1", sentence: Throws., shadow: true }
`;

function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fraud-rules-verb-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'rules.yaml'), rules);
  return folder;
}

/** What the verb prints on stdout. */
const run = (...words: string[]): Promise<string> => tellVerb(register, ['rules', ...words]);

const line = (card: string, minute: number) =>
  JSON.stringify({
    transactionId: `${card}-${minute}`,
    eventTime: new Date(Date.parse('2021-03-01T10:00:00Z') + minute * 60_000).toISOString(),
    cardToken: card,
    amountMinor: 1_000,
    currency: 'EUR',
  });

test('check counts what each entry would have hit in a file of transactions of any age', async () => {
  const folder = useFolder();
  const file = join(folder, 't.ndjson');
  const lines = [0, 10, 20, 30].map((minute) => line('c-2', minute));
  writeFileSync(file, [...lines, line('c-1', 40), '{"amountMinor":"x"}', ''].join('\n'));
  const printed = await run(
    ...[
      'check',
      join(folder, 'rules.yaml'),
      '--transactions',
      file,
      '--registry',
      join(folder, 'none'),
      '--json',
    ],
  );
  const { tried } = z.object({ tried: z.unknown() }).parse(JSON.parse(printed));
  expect(tried).toEqual({
    transactions: 5,
    frauds: 0,
    refused: 1,
    hits: [
      { code: 'LISTED', hits: 1, fraudHits: 0, notJudged: 0 },
      { code: 'THIRD_IN_AN_HOUR', hits: 2, fraudHits: 0, notJudged: 0 },
      { code: 'THROWS', hits: 0, fraudHits: 0, notJudged: 5 },
    ],
  });
});

test('check counts how many hits are fraud where the mapping of a table knows it', async () => {
  const folder = useFolder();
  writeFileSync(
    join(folder, 't.csv'),
    'id,card,at,eur,bad\n1,c-1,2021-03-01 10:00:00,10.5,1\n2,c-1,2021-03-01 11:30:00,9,0\n3,c-2,2021-03-01 12:00:00,9,1\n',
  );
  writeFileSync(
    join(folder, 'mapping.yaml'),
    `name: small
description: A table for this test.
time: { column: at, format: iso, zone: UTC }
amount: { column: eur, unit: major }
currency: { constant: EUR }
fields: { transactionId: { column: id }, cardToken: { column: card } }
label: { column: bad, fraud: ['1'], genuine: ['0'], knownAfterDays: 7 }
`,
  );
  const printed = await run(
    ...['check', join(folder, 'rules.yaml'), '--transactions', join(folder, 't.csv'), '--json'],
    ...['--mapping', join(folder, 'mapping.yaml'), '--registry', join(folder, 'none')],
  );
  expect(JSON.parse(printed)).toMatchObject({
    tried: { transactions: 3, frauds: 2, hits: [{ code: 'LISTED', hits: 2, fraudHits: 1 }, {}, {}] },
  });
});

test('show lists entries in the order of precedence, with what a running service has hit', async () => {
  const folder = useFolder();
  const metrics = createScorerMetrics();
  metrics.rulesInUse.set({ digest: 'ffff' }, 1);
  const hit = { code: 'LISTED', effect: 'block' as const, sentence: 'x' };
  countRuleHits(metrics, { digest: 'ffff', hits: [hit], shadowHits: [] });
  countRuleHits(metrics, { digest: 'ffff', hits: [], shadowHits: [hit], notJudged: ['THROWS'] });
  const server = createServer((_request, answer) => {
    void metrics.registry.metrics().then((text) => answer.end(text));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/metrics`;
  const text = await run('show', join(folder, 'rules.yaml'), '--metrics', url);
  expect(text).toContain('OTHER RULES ARE IN USE there: ffff');
  expect(text).toMatch(/block +LISTED +live +2 +card in a list of 1\nreview +THIRD/);
  expect(text).toMatch(/THROWS +shadow +0 /);
});

test('an invalid file and a missing name are refused', async () => {
  const folder = useFolder();
  writeFileSync(join(folder, 'rules.yaml'), 'version: 1\nrules: 5\n');
  await expect(run('check', join(folder, 'rules.yaml'))).rejects.toMatchObject({
    code: 'FRAUD_RULES_INVALID',
  });
  vi.stubEnv('FRAUD_RULES_FILE', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(run('show')).rejects.toMatchObject({ code: 'FRAUD_INPUT_INVALID' });
});

// test/services/scoring-api/rules.test.ts: lists and rules over HTTP: in the decision, in the counts, beside the caller's fail mode, changed while the service runs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { decisionSchema } from '../../../shared/domain/decision.ts';
import { AppError } from '../../../shared/errors.ts';
import { makeTransaction, patient, useApi, withKey } from '../../support/api-rig.ts';

const rules = (more = '') => `version: 1
lists:
  - { code: TEST_CARD, effect: allow, field: card, values: [tok_test], sentence: A card of our own. }
  - { code: STOLEN_DEVICE, effect: block, field: device, values: [device-1], sentence: Stolen., shadow: true }
${more}`;

function writeRules(text: string): { readonly file: string; write(text: string): void } {
  const directory = mkdtempSync(join(tmpdir(), 'fraud-api-rules-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'rules.yaml');
  const write = (next: string) => writeFileSync(file, next);
  write(text);
  return { file, write };
}

async function useRules(file: string, isWithoutHistory = false) {
  const rig = await useApi({
    settings: { FRAUD_RULES_FILE: file },
    ...(isWithoutHistory && {
      wrapStore: (store) => ({
        ...store,
        readRecords: () => new Promise<never>(() => {}),
        findDecisions: (keys) => store.findDecisions(keys),
        close: () => store.close(),
      }),
    }),
  });
  const score = async (changes: Record<string, unknown>, key = rig.key, headers: object = patient) => {
    const { body } = await rig.server.inject({
      method: 'POST',
      url: '/v1/score',
      headers: { ...withKey(key), 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(makeTransaction(changes)),
    });
    return decisionSchema.parse(JSON.parse(body));
  };
  const metrics = async () => (await rig.server.inject({ url: '/metrics', headers: withKey(rig.key) })).body;
  return { ...rig, score, metrics };
}

test('hits stand in the decision and are counted, those in shadow apart', async () => {
  const { score, metrics } = await useRules(writeRules(rules()).file);
  const decision = await score({ cardToken: 'tok_test', deviceId: 'device-1', amountMinor: 100_000_000 });
  expect(decision).toMatchObject({
    decision: 'approve',
    decidedBy: 'list',
    rules: { hits: [{ code: 'TEST_CARD' }], shadowHits: [{ code: 'STOLEN_DEVICE' }] },
  });
  const other = await score({});
  expect(other.rules).toEqual({ digest: decision.rules?.digest, hits: [], shadowHits: [] });
  const text = await metrics();
  expect(text).toContain('fraud_rule_hits_total{code="TEST_CARD",effect="allow",mode="live"} 1');
  expect(text).toContain('fraud_rule_hits_total{code="STOLEN_DEVICE",effect="block",mode="shadow"} 1');
  expect(text).toContain(`fraud_rules_info{digest="${decision.rules?.digest}"} 1`);
});

test('a key that fails closed gets review where only the rules of the ladder could approve, but not for an allow list', async () => {
  const { score, makeKey } = await useRules(writeRules(rules()).file, true);
  const closed = makeKey({ failMode: 'closed' });
  const soon = { 'x-deadline-ms': '400' };
  expect(await score({ amountMinor: 10 }, closed, soon)).toMatchObject({ tier: 'rules', decision: 'review' });
  expect(await score({ amountMinor: 10, cardToken: 'tok_test' }, closed, soon)).toMatchObject({
    tier: 'rules',
    decision: 'approve',
    decidedBy: 'list',
  });
});

test('a changed file judges the next request; an invalid one does not', async () => {
  const { file, write } = writeRules(rules());
  const { score, rules: live } = await useRules(file);
  const before = await score({ amountMinor: 10 });
  write(rules('rules:\n  - { code: ANY, effect: decline, when: "true", sentence: Any. }\n'));
  await live.look();
  const after = await score({ amountMinor: 10 });
  expect([before.decision, after.decision, after.decidedBy]).toEqual(['approve', 'decline', 'rule']);
  write('version: 1\nrules: 5\n');
  await live.look();
  expect((await score({ amountMinor: 10 })).rules?.digest).toBe(after.rules?.digest);
});

test('an API whose rules are invalid does not start', async () => {
  const { file } = writeRules('version: 3\n');
  const error = await useRules(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'FRAUD_RULES_INVALID' });
});

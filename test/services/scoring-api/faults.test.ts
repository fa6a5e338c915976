// test/services/scoring-api/faults.test.ts: what callers see while parts fail: the true tier before the deadline, or a problem that says whether to repeat. Writes the table of the runbook.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../shared/config/package-root.ts';
import type { Encoder } from '../../../shared/encoder/encoder.ts';
import { AppError } from '../../../shared/errors.ts';
import { createChampion } from '../../../shared/scoring/champion.ts';
import type { StateStore } from '../../../shared/sequence/state-store.ts';
import {
  type ApiRig,
  makeTransaction,
  patient,
  type RigOptions,
  useApi,
  withKey,
} from '../../support/api-rig.ts';
import { createSmallVersion } from '../../support/small-champion.ts';

/** Longer than the deadline, as half a second is longer than the usual 100 ms; both long enough for a busy machine. */
const SLOW_MS = 4_000;
const DEADLINE_MS = 2_500;
const LOAD = 12;

type Encode = Encoder['encodeMany'];
const encoding = (change: (encodeMany: Encode) => Encode): RigOptions => ({
  wrapEncoder: (encoder) => ({ encodeMany: change(encoder.encodeMany) }),
});

/** A store whose every answer comes after the deadline. */
const slowed = (store: StateStore): StateStore => ({
  ...store,
  readRecords: async (keys) => {
    await wait(SLOW_MS);
    return store.readRecords(keys);
  },
  findDecisions: (keys) => store.findDecisions(keys),
  commit: async (change) => {
    await wait(SLOW_MS);
    return store.commit(change);
  },
  readOutbox: (topic, partition) => store.readOutbox(topic, partition),
  close: () => store.close(),
});

const withNaN: Encode = async () => {
  throw new AppError('FRAUD_ENCODER_FAILED', { detail: 'Row 0 gave a number that is not finite.' });
};

const faults: readonly { readonly name: string; readonly options: RigOptions }[] = [
  { name: 'none', options: {} },
  {
    name: 'encoder throws',
    options: encoding(() => async () => Promise.reject(new AppError('FRAUD_ENCODER_FAILED'))),
  },
  { name: 'encoder returns NaN', options: encoding(() => withNaN) },
  { name: 'encoder hangs', options: encoding(() => () => new Promise(() => {})) },
  {
    name: 'encoder is full',
    options: encoding(() => async () => Promise.reject(new AppError('FRAUD_ENCODER_OVERLOADED'))),
  },
  { name: 'store slower than the deadline', options: { wrapStore: slowed } },
  { name: 'broker gone', options: { send: () => Promise.reject(new Error('gone')) } },
];

async function score(rig: ApiRig, key: string, isRecorded: boolean) {
  const { statusCode, body } = await rig.server.inject({
    method: 'POST',
    url: `/v1/score?record=${isRecorded}`,
    headers: withKey(key, { 'content-type': 'application/json', 'x-deadline-ms': String(DEADLINE_MS) }),
    payload: JSON.stringify(makeTransaction({ amountMinor: 10 })),
  });
  const { tier, decision, code } = JSON.parse(body);
  return statusCode === 200 ? `200 ${tier}, ${decision}` : `${statusCode} ${code}`;
}

/** What all of some requests at once see, when they see the same. */
async function underLoad(rig: ApiRig, key: string, isRecorded: boolean): Promise<string> {
  const seen = await Promise.all(Array.from({ length: LOAD }, () => score(rig, key, isRecorded)));
  return [...new Set(seen)].join(' or ');
}

test('what callers see while parts fail is what the runbook says', { timeout: 60_000 }, async () => {
  const rows = await Promise.all(
    faults.map(async ({ name, options }) => {
      const rig = await useApi(options);
      const seen = await Promise.all([
        underLoad(rig, rig.key, false),
        underLoad(rig, rig.makeKey({ failMode: 'closed' }), false),
        underLoad(rig, rig.key, true),
      ]);
      await rig.close();
      return [name, ...seen];
    }),
  );
  const table = [
    ['fault', 'evaluate', 'evaluate, key fails closed', '`record=true`'],
    Array(4).fill('---'),
    ...rows,
  ];
  const page = `# What callers of the scoring API see while parts fail

Made by \`test/services/scoring-api/faults.test.ts\` (\`npx vitest run --project unit -u\` writes it): ${LOAD} requests at once, deadline ${DEADLINE_MS} ms. A 503 carries \`Retry-After\`; the repeat gets the stored decision when the first one was stored after all.

${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`;
  await expect(page).toMatchFileSnapshot(join(packageRoot, 'infra/runbooks/api-faults.md'));
});

test('after five failures the encoder is left alone, and is asked again once it works, without a restart', async () => {
  let isBroken = true;
  const rig = await useApi(encoding((encodeMany) => (rows) => (isBroken ? withNaN(rows) : encodeMany(rows))));
  for (let index = 0; index < 12; index += 1) await score(rig, rig.key, false);
  expect(rig.encoderCalls()).toBe(5);
  isBroken = false;
  expect(await score(rig, rig.key, false)).toContain('features-only');
  rig.clock.set(rig.clock.now() + 2_000);
  expect(await score(rig, rig.key, false)).toContain('full');
  expect(await score(rig, rig.key, false)).toContain('full');
});

test('a model swapped under load: every request is answered, by the one or by the other', async () => {
  const rig = await useApi();
  const next = createChampion(createSmallVersion({ modelVersion: 'small-2' }));
  const versions: string[] = [];
  const ask = async () => {
    const { statusCode, body } = await rig.server.inject({
      method: 'POST',
      url: '/v1/score',
      headers: withKey(rig.key, { 'content-type': 'application/json', ...patient }),
      payload: JSON.stringify(makeTransaction()),
    });
    versions.push(statusCode === 200 ? JSON.parse(body).model.modelVersion : body);
  };
  const before = Array.from({ length: 20 }, ask);
  rig.replaceModel({ ...rig.model, champion: next });
  await Promise.all([...before, ...Array.from({ length: 20 }, ask)]);
  expect(versions.filter((version) => version === 'small-2').length).toBeGreaterThanOrEqual(20);
  expect(versions.filter((version) => !version.startsWith('small'))).toEqual([]);
});

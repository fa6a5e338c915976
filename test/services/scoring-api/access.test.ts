// test/services/scoring-api/access.test.ts: every route × every wrong credential, as one table; tokens whose keys rotate; rates and concurrency.
import { expect, test } from 'vitest';
import { type Scope, scopes } from '../../../shared/access/principal.ts';
import { type ApiRig, makeTransaction, NOW_MS, patient, useApi, withKey } from '../../support/api-rig.ts';
import { AUDIENCE, useTokenIssuer } from '../../support/token-issuer.ts';

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly scope: Scope | undefined;
  readonly payload?: object;
  /** Status for a caller that may. */
  readonly good: number;
  /** Whether the portfolio is part of the request. */
  readonly hasPortfolio: boolean;
}

const inA = { portfolioId: 'bank-a' };
const outcome = { outcomeId: 'o', kind: 'verdict', transactionId: 'x', label: 'genuine', ...inA };
const labeledAt = new Date(NOW_MS - 1_000).toISOString();

const routes: readonly Route[] = [
  {
    method: 'POST',
    url: '/v1/score',
    scope: 'score',
    payload: makeTransaction(inA),
    good: 200,
    hasPortfolio: true,
  },
  {
    method: 'POST',
    url: '/v1/score?record=true',
    scope: 'score',
    payload: makeTransaction(inA),
    good: 200,
    hasPortfolio: true,
  },
  {
    method: 'POST',
    url: '/v1/score/batch',
    scope: 'score',
    payload: { transactions: [makeTransaction(inA)] },
    good: 200,
    hasPortfolio: true,
  },
  {
    method: 'POST',
    url: '/v1/credit-score',
    scope: 'score',
    payload: { ...inA, accountId: 'a', purpose: 'account-review' },
    good: 200,
    hasPortfolio: true,
  },
  {
    method: 'POST',
    url: '/v1/outcomes',
    scope: 'outcome',
    payload: { outcomes: [{ ...outcome, labeledAt }] },
    good: 202,
    hasPortfolio: true,
  },
  {
    method: 'GET',
    url: '/v1/decisions/none?portfolioId=bank-a',
    scope: 'read',
    good: 404,
    hasPortfolio: true,
  },
  {
    method: 'GET',
    url: '/v1/cards/tok_none?portfolioId=bank-a',
    scope: 'read',
    good: 404,
    hasPortfolio: true,
  },
  {
    method: 'DELETE',
    url: '/v1/cards/tok_none?portfolioId=bank-a',
    scope: 'erase',
    good: 200,
    hasPortfolio: true,
  },
  { method: 'GET', url: '/v1/models', scope: 'read', good: 200, hasPortfolio: false },
  { method: 'GET', url: '/v1/models/champion', scope: 'read', good: 200, hasPortfolio: false },
  { method: 'GET', url: '/metrics', scope: 'admin', good: 200, hasPortfolio: false },
  { method: 'GET', url: '/livez', scope: undefined, good: 200, hasPortfolio: false },
  { method: 'GET', url: '/readyz', scope: undefined, good: 200, hasPortfolio: false },
  { method: 'GET', url: '/openapi.json', scope: undefined, good: 200, hasPortfolio: false },
];

/** Status of a call; for batches and outcomes, whose items are answered one by one, the worst item's. */
async function call(rig: ApiRig, { method, url, payload }: Route, authorization: string | undefined) {
  const { statusCode, body } = await rig.server.inject({
    method,
    url,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(payload ? { 'content-type': 'application/json', ...patient } : {}),
    },
    ...(payload ? { payload: JSON.stringify(payload) } : {}),
  });
  return body.includes('"code":"FRAUD_PORTFOLIO_FORBIDDEN"') ? 403 : statusCode;
}

test('every route is open to who may, and closed to everybody else', async () => {
  const issuer = await useTokenIssuer();
  const rig = await useApi({
    settings: {
      FRAUD_API_TOKEN_ISSUER: issuer.issuer,
      FRAUD_API_TOKEN_AUDIENCE: AUDIENCE,
      FRAUD_API_TOKEN_KEYS_URL: issuer.keysUrl,
    },
  });
  const bearer = (text: string) => `Bearer ${text}`;
  const portfolios = ['bank-a'];
  const all = [...scopes];
  const without = (scope: Scope | undefined) => all.filter((one) => one !== scope);
  const revoked = rig.keys.create({ name: 'revoked', scopes: all, portfolios });
  rig.keys.revoke(revoked.record.keyId);
  const second = Math.floor(performance.timeOrigin / 1000);
  const token = await issuer.sign();
  const rows: Record<string, (route: Route) => string | undefined | Promise<string>> = {
    'good key': () => bearer(rig.makeKey({ portfolios })),
    'good token': () => bearer(token),
    'no key': () => undefined,
    'not a bearer': () => `Basic ${token}`,
    'unknown key': () => bearer(`fk_${'a'.repeat(12)}_${'A'.repeat(43)}`),
    'wrong scope': ({ scope }) => bearer(rig.makeKey({ portfolios, scopes: without(scope) })),
    'other portfolio': () => bearer(rig.makeKey({ portfolios: ['bank-b'] })),
    revoked: () => bearer(revoked.text),
    expired: () => bearer(rig.makeKey({ portfolios, expiresAtMs: NOW_MS })),
    'token of wrong scope': async ({ scope }) =>
      bearer(await issuer.sign({ scope: without(scope).join(' ') })),
    'token of other portfolio': async () => bearer(await issuer.sign({ fraud_portfolios: ['bank-b'] })),
    'token without portfolios': async () => bearer(await issuer.sign({ fraud_portfolios: undefined })),
    'expired token': async () => bearer(await issuer.sign({ exp: second - 60 })),
    'token without expiry': async () => bearer(await issuer.sign({ exp: undefined })),
    'token of other audience': async () => bearer(await issuer.sign({ aud: 'others' })),
    'token of other issuer': async () => bearer(await issuer.sign({ iss: 'https://other.example' })),
    'token with alg none': () => bearer(issuer.forgeNone()),
    'token signed with the public key': async () => bearer(await issuer.forgeHmac()),
    'token cut off': () => bearer(token.slice(0, -8)),
  };
  const expected = (row: string, { scope, good, hasPortfolio }: Route): number => {
    if (scope === undefined || row.startsWith('good')) return good;
    if (/wrong scope/.test(row)) return 403;
    if (/portfolio/.test(row)) return hasPortfolio ? 403 : good;
    return 401;
  };
  const wrong: string[] = [];
  for (const [row, toHeader] of Object.entries(rows)) {
    for (const route of routes) {
      const status = await call(rig, route, await toHeader(route));
      const owed = expected(row, route);
      if (status !== owed)
        wrong.push(`${row}: ${route.method} ${route.url} answered ${status}, owed ${owed}`);
    }
  }
  expect(wrong).toEqual([]);
  // What is in the table is what there is.
  const document = JSON.parse((await rig.server.inject({ url: '/openapi.json' })).body);
  const documented = Object.keys(document.paths).map((path) => path.replace(/\{.*\}/, ''));
  expect(documented.filter((path) => !routes.some(({ url }) => url.startsWith(path)))).toEqual([]);
});

test('a token of the issuer’s next key is taken, and one of the key before is not', async () => {
  const issuer = await useTokenIssuer();
  const rig = await useApi({
    settings: {
      FRAUD_API_TOKEN_ISSUER: issuer.issuer,
      FRAUD_API_TOKEN_AUDIENCE: AUDIENCE,
      FRAUD_API_TOKEN_KEYS_URL: issuer.keysUrl,
      FRAUD_API_TOKEN_REFETCH_SECONDS: '0',
    },
  });
  const status = async (token: string) =>
    (await rig.server.inject({ url: '/v1/models', headers: withKey(token) })).statusCode;
  const before = await issuer.sign();
  expect(await status(before)).toBe(200);
  await issuer.rotate();
  expect(await status(await issuer.sign())).toBe(200);
  expect(await status(before)).toBe(401);
});

test('a caller above its rate gets 429 with Retry-After, and another caller is not touched', async () => {
  const rig = await useApi();
  const slow = rig.makeKey({ ratePerSecond: 3 });
  const ask = (key: string) => rig.server.inject({ url: '/v1/models', headers: withKey(key) });
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(slow)));
  const refused = answers.filter(({ statusCode }) => statusCode === 429);
  expect(refused.length).toBeGreaterThanOrEqual(4);
  expect(refused[0]?.headers['retry-after']).toBe('1');
  expect(JSON.parse(refused[0]?.body ?? '').code).toBe('FRAUD_RATE_EXCEEDED');
  expect((await ask(rig.key)).statusCode).toBe(200);
});

test('a caller with too many open requests is refused before any work, and served again afterwards', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const rig = await useApi({
    wrapEncoder: (encoder) => ({ encodeMany: (rows) => gate.then(() => encoder.encodeMany(rows)) }),
  });
  const narrow = rig.makeKey({ concurrency: 2 });
  const statuses: number[] = [];
  const score = async () => {
    const { statusCode } = await rig.server.inject({
      method: 'POST',
      url: '/v1/score',
      headers: withKey(narrow, { 'content-type': 'application/json', ...patient }),
      payload: JSON.stringify(makeTransaction()),
    });
    statuses.push(statusCode);
  };
  const all = Promise.all(Array.from({ length: 8 }, score));
  // Two are held at the encoder: nobody else gets so far.
  await expect.poll(() => statuses).toEqual(Array(6).fill(429));
  open();
  await all;
  expect(statuses.slice(6)).toEqual([200, 200]);
  expect(rig.encoderCalls()).toBe(2);
  await score();
  expect(statuses.at(-1)).toBe(200);
});

// test/support/token-issuer.ts: an OIDC issuer of a test's own: publishes its keys, signs tokens, rotates; and forges what an attacker would.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

export const AUDIENCE = 'scoring';

export interface TokenIssuer {
  readonly issuer: string;
  readonly keysUrl: string;
  /** A good token with these claims changed. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Signs with another key from now on; the one before is no longer published. */
  rotate(): Promise<void>;
  /** `alg: none`, without a signature. */
  forgeNone(): string;
  /** HS256 with the published public key as secret. */
  forgeHmac(): Promise<string>;
  /** How often the keys were fetched. */
  readonly fetches: () => number;
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Listens on a free port until the test has finished. */
export async function useTokenIssuer(): Promise<TokenIssuer> {
  let keyNumber = 0;
  let fetches = 0;
  const make = async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    keyNumber += 1;
    const jwk: JWK = {
      ...(await exportJWK(pair.publicKey)),
      kid: `key-${keyNumber}`,
      alg: 'RS256',
      use: 'sig',
    };
    return { ...pair, jwk };
  };
  let current = await make();
  const server = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [current.jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const claimsOf = (changes: Readonly<Record<string, unknown>> = {}) => ({
    iss: issuer,
    aud: AUDIENCE,
    sub: 'service-1',
    exp: Math.floor(performance.timeOrigin / 1000) + 3_600,
    scope: 'score outcome read erase admin',
    fraud_portfolios: ['bank-a'],
    ...changes,
  });
  return {
    issuer,
    keysUrl: `${issuer}/keys`,
    fetches: () => fetches,
    sign: (claims) =>
      new SignJWT(claimsOf(claims))
        .setProtectedHeader({ alg: 'RS256', kid: current.jwk.kid ?? '' })
        .sign(current.privateKey),
    rotate: async () => {
      current = await make();
    },
    forgeNone: () => `${encode({ alg: 'none', kid: current.jwk.kid })}.${encode(claimsOf())}.`,
    forgeHmac: async () => {
      const signed = `${encode({ alg: 'HS256', kid: current.jwk.kid })}.${encode(claimsOf())}`;
      const secret = await exportSPKI(current.publicKey);
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    },
  };
}

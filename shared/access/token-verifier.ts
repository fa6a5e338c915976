// shared/access/token-verifier.ts: JWT of one OIDC issuer → caller: algorithms pinned, audience and expiry required, keys fetched and rotated.
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { AppError } from '../errors.ts';
import { defaultLimits, type Principal, scopes } from './principal.ts';

export interface TokenSettings {
  /** `iss` must be this. */
  readonly issuer: string;
  /** `aud` must hold this. */
  readonly audience: string;
  /** Where the issuer publishes its keys (`jwks_uri` of its discovery document). */
  readonly jwksUrl: string;
  /** Asymmetric ones only: with a shared secret whoever can verify can also sign. */
  readonly algorithms: readonly ('RS256' | 'PS256' | 'ES256' | 'EdDSA')[];
  /** Shortest time between two fetches of the keys, ms: an unknown key id fetches once, not always. */
  readonly refetchAfterMs?: number;
}

export interface TokenVerifier {
  /** @throws AppError FRAUD_CREDENTIAL_INVALID */
  verify(token: string): Promise<Principal>;
}

/** Clocks of two machines are never the same. */
const TOLERANCE_SECONDS = 5;

const known: ReadonlySet<string> = new Set(scopes);

function toPrincipal({ iss, sub, scope, fraud_portfolios: portfolios }: JWTPayload): Principal {
  const granted = typeof scope === 'string' ? scope.split(' ') : [];
  const named = Array.isArray(portfolios) ? portfolios : [];
  return {
    id: `${iss}|${sub}`,
    scopes: new Set(granted.map((one) => one.replace(/^fraud:/, '')).filter((one) => known.has(one))),
    portfolios: new Set(named.filter((one) => typeof one === 'string')),
    ...defaultLimits,
  };
}

/** Scopes are read from `scope` (`score` or `fraud:score`, separated by spaces), portfolios from `fraud_portfolios`. */
export function createTokenVerifier(settings: TokenSettings): TokenVerifier {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
    cooldownDuration: settings.refetchAfterMs ?? 30_000,
    timeoutDuration: 3_000,
  });
  return {
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer: settings.issuer,
          audience: settings.audience,
          algorithms: [...settings.algorithms],
          requiredClaims: ['exp', 'sub'],
          clockTolerance: TOLERANCE_SECONDS,
        });
        return toPrincipal(payload);
      } catch (cause) {
        throw new AppError('FRAUD_CREDENTIAL_INVALID', { cause });
      }
    },
  };
}

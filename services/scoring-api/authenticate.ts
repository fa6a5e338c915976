// services/scoring-api/authenticate.ts: Authorization header → Principal: an API key of ours, or a token of the configured issuer.
import type { FastifyRequest } from 'fastify';
import type { KeyStore } from '../../shared/access/key-store.ts';
import { type Principal, requireScope, type Scope } from '../../shared/access/principal.ts';
import type { TokenVerifier } from '../../shared/access/token-verifier.ts';
import { AppError } from '../../shared/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before a route that has a scope runs. */
    principal: Principal | undefined;
    /** `performance.now()` at the arrival of the head. */
    arrivedAt: number;
  }
  interface FastifyContextConfig {
    /** Scope a caller needs; routes without one are open to all. */
    readonly scope?: Scope;
  }
}

export interface AccessParts {
  readonly keys: Pick<KeyStore, 'verify'>;
  /** Absent: only API keys are taken. */
  readonly tokens?: TokenVerifier | undefined;
}

const bearer = /^Bearer ([!-~]{1,8192})$/i;

/** @throws AppError FRAUD_CREDENTIAL_MISSING, FRAUD_CREDENTIAL_INVALID */
export function verifyCredential(
  { keys, tokens }: AccessParts,
  header: string | undefined,
): Principal | Promise<Principal> {
  if (header === undefined) throw new AppError('FRAUD_CREDENTIAL_MISSING');
  const credential = bearer.exec(header)?.[1];
  if (credential === undefined) throw new AppError('FRAUD_CREDENTIAL_INVALID');
  if (credential.startsWith('fk_')) return keys.verify(credential);
  if (!tokens) throw new AppError('FRAUD_CREDENTIAL_INVALID');
  return tokens.verify(credential);
}

/** Hook before anything of the body is read: who calls, and may it. */
export function createAuthentication(parts: AccessParts): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    request.principal = await verifyCredential(parts, request.headers.authorization);
    requireScope(request.principal, scope);
  };
}

/** The caller of a route that has a scope. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (!principal) throw new AppError('FRAUD_CREDENTIAL_MISSING');
  return principal;
}

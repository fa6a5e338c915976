// shared/access/principal.ts: who calls, and what it may do: scopes, portfolios, rates, and what a degraded answer is for it.
import { AppError } from '../errors.ts';

export const scopes = ['score', 'outcome', 'read', 'erase', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** `open`: a decision of the rules tier stands. `closed`: it approves nothing: what the rules would approve becomes a review. */
export const failModes = ['open', 'closed'] as const;
export type FailMode = (typeof failModes)[number];

/** A caller whose credential was verified. */
export interface Principal {
  /** Key id, or `issuer|subject` of a token. */
  readonly id: string;
  readonly scopes: ReadonlySet<string>;
  /** `*` = all. */
  readonly portfolios: ReadonlySet<string>;
  /** Requests per second, averaged over a second. */
  readonly ratePerSecond: number;
  /** Requests open at once. */
  readonly concurrency: number;
  readonly failMode: FailMode;
}

/** Limits of a caller that has none of its own. */
export const defaultLimits = { ratePerSecond: 2_000, concurrency: 200, failMode: 'open' } as const;

/** @throws AppError FRAUD_SCOPE_MISSING naming the scope */
export function requireScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.has(scope)) {
    throw new AppError('FRAUD_SCOPE_MISSING', { detail: `This route needs the scope \`${scope}\`.` });
  }
}

export function mayUsePortfolio({ portfolios }: Principal, portfolioId: string): boolean {
  return portfolios.has('*') || portfolios.has(portfolioId);
}

/** @throws AppError FRAUD_PORTFOLIO_FORBIDDEN */
export function requirePortfolio(principal: Principal, portfolioId: string): void {
  if (!mayUsePortfolio(principal, portfolioId)) {
    throw new AppError('FRAUD_PORTFOLIO_FORBIDDEN', { field: 'portfolioId' });
  }
}

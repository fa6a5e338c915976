// shared/pipeline/result.ts: the four ways out of a step: ok, drop (deliberate, counted), deadLetter, retry.
import type { AppError } from '../errors.ts';

export type Result<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'deadLetter'; readonly error: AppError }
  | { readonly kind: 'retry'; readonly error: AppError };

export const ok = <Value>(value: Value): Result<Value> => ({ kind: 'ok', value });
export const drop = (reason: string): Result<never> => ({ kind: 'drop', reason });
export const deadLetter = (error: AppError): Result<never> => ({ kind: 'deadLetter', error });
export const retry = (error: AppError): Result<never> => ({ kind: 'retry', error });

// shared/rules/rules-problem.ts: what is wrong with a rules file or a list, by file, line and field; never a value of a list.
import { AppError } from '../errors.ts';

/** One thing that is wrong. */
export interface RulesProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** E.g. `rules.2.when`; empty: the file as a whole, or a line of a list. */
  readonly field: string;
  /** What was expected, and what to do where that is not the same. Holds no value of a list. */
  readonly message: string;
}

/** Problems told in one error; the rest is counted. */
const MOST_TOLD = 20;

/** All problems in one error. */
export function toRulesError(problems: readonly RulesProblem[]): AppError {
  const told = problems
    .slice(0, MOST_TOLD)
    .map(({ file, line, field, message }) => `\n  ${file}:${line}${field && ` ${field}`}: ${message}`);
  const untold = problems.length - told.length;
  if (untold > 0) told.push(`\n  and ${untold} more`);
  return new AppError('FRAUD_RULES_INVALID', { detail: told.join('') });
}

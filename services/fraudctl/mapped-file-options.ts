// services/fraudctl/mapped-file-options.ts: option values of the verbs that read a foreign table through a mapping.
import { InvalidArgumentError } from 'commander';
import type { Mapping } from '../../shared/replay/mapping.ts';

/** The mapping with every row in this portfolio; unchanged when none is named. */
export function withPortfolio(mapping: Mapping, portfolioId: string | undefined): Mapping {
  if (portfolioId === undefined) return mapping;
  return { ...mapping, fields: { ...mapping.fields, portfolioId: { constant: portfolioId } } };
}

/** @throws InvalidArgumentError for what is no date */
export function toDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('Expected an ISO date, e.g. 2018-06-01.');
  return date;
}

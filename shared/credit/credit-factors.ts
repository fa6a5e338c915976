// shared/credit/credit-factors.ts: why the risk is higher than a reference applicant's: the model asked again with one group of inputs replaced.
import { figureGroups, figureNames, figures } from './credit-figures.ts';
import type { CreditModel } from './credit-model.ts';

/** One per group of figures, and how the encoder reads the rhythm of the history. */
export const factorCodes = [...figureGroups, 'rhythm'] as const;
export type FactorCode = (typeof factorCodes)[number];

/** A reason fit for an adverse-action notice. */
export interface CreditFactor {
  readonly code: FactorCode;
  readonly sentence: string;
}

const MOST_FACTORS = 4;
/** Weaker contributions (in logits: a tenth of the odds) are not reasons. */
const LEAST_CONTRIBUTION = 0.1;
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const months = (count: number): string => (count === 1 ? '1 month' : `${count} months`);

type Reader = (name: string) => number;
const sentences: Record<FactorCode, (own: Reader, reference: Reader) => string> = {
  'arrears-now': (own) => `The latest statement is ${months(own('past-due-0'))} past due.`,
  'arrears-before': (own) =>
    `${own('past-due-statements')} of the last six statements were past due, at most ${months(own('past-due-largest-6'))}.`,
  utilisation: (own, reference) =>
    `${percent(own('utilisation-0'))} of the credit limit is used; a typical repaid account uses ${percent(reference('utilisation-0'))}.`,
  repayment: (own, reference) =>
    `${percent(Math.min(1, own('repaid-total-share')))} of what was billed in the last months was repaid; on a typical repaid account ${percent(Math.min(1, reference('repaid-total-share')))}.`,
  balance: () => 'The size and course of the monthly bills differ from those of a typical repaid account.',
  limit: (own, reference) =>
    own('limit-missing') === 1
      ? 'The credit limit of the account is not known.'
      : `The credit limit is ${own('limit') < reference('limit') ? 'lower' : 'higher'} than that of a typical repaid account.`,
  history: (own) =>
    own('statements') < 12
      ? `Only ${own('statements')} statements of the account are known.`
      : 'The time since the last statement or repayment is unusual.',
  rhythm: () => 'The sequence of statements and repayments differs from that of a typical repaid account.',
};

const groupOf = new Map(figures.map(({ name, group }) => [name, group]));

/** At most four groups that raise the risk most, strongest first. @param run mean logit of a row of inputs */
export function findFactors(
  model: CreditModel,
  run: (row: Float32Array) => number,
  row: Float32Array,
): CreditFactor[] {
  const { inputs } = model.network;
  const codes = inputs.map(({ name }): FactorCode => groupOf.get(name) ?? 'rhythm');
  const logit = run(row);
  const firstFigure = inputs.length - figureNames.length;
  const readerOf =
    (values: Float32Array): Reader =>
    (name) =>
      values[firstFigure + figureNames.indexOf(name)] ?? 0;
  return factorCodes
    .map((code) => {
      const replaced = row.map((value, index) =>
        codes[index] === code ? (model.reference[index] ?? 0) : value,
      );
      return { code, contribution: logit - run(replaced) };
    })
    .filter(({ contribution }) => contribution >= LEAST_CONTRIBUTION)
    .sort((left, right) => right.contribution - left.contribution)
    .slice(0, MOST_FACTORS)
    .map(({ code }) => ({ code, sentence: sentences[code](readerOf(row), readerOf(model.reference)) }));
}
